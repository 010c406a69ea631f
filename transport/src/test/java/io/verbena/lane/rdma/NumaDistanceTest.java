package io.verbena.lane.rdma;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.verbena.lane.KernelFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NumaDistanceTest {
  @TempDir private Path root;

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private NumaDistance distance() {
    return new NumaDistance(
        new KernelFiles() {
          @Override
          public String text(String path) throws IOException {
            return Files.readString(Path.of(root + path));
          }

          @Override
          public List<String> list(String folder) {
            return List.of("has_cpu", "node2", "node0", "node", "power");
          }
        });
  }

  private void twoNodes(String allowed) throws IOException {
    write("proc/self/status", "Name:\tjava\nCpus_allowed_list:\t" + allowed + "\nMems: x\n");
    write("sys/devices/system/node/node0/cpulist", "0-3\n");
    write("sys/devices/system/node/node0/distance", "10 32\n");
    write("sys/devices/system/node/node2/cpulist", "4-7\n");
    write("sys/devices/system/node/node2/distance", "32 10\n");
  }

  @Test
  void shouldBeFarFromAProcessThatIsBoundToAnotherNode() throws IOException {
    twoNodes("5-6");
    assertEquals(32, distance().of(0));
    assertEquals(10, distance().of(2));
  }

  @Test
  void shouldBeNearAProcessThatRunsEverywhere() throws IOException {
    twoNodes("0-7");
    assertEquals(10, distance().of(0));
    assertEquals(10, distance().of(2));
  }

  @Test
  void shouldBeNearWhereNobodyKnows() throws IOException {
    assertEquals(10, distance().of(0));
    twoNodes("0-7");
    assertEquals(10, distance().of(-1));
    assertEquals(10, distance().of(1));
    for (String set : new String[] {"5-3", "0-2147483646", "-1", "1-2-3"}) {
      twoNodes(set);
      assertEquals(10, distance().of(0), set);
    }
    twoNodes("0-7");
    write("sys/devices/system/node/node0/distance", "what?\n");
    assertEquals(10, distance().of(0));
  }

  @Test
  void shouldReadSetsAsTheKernelWritesThem() {
    BitSet expected = new BitSet();
    expected.set(0, 4);
    expected.set(8);
    assertEquals(expected, NumaDistance.parse(" 0-3,8\n"));
    assertEquals(new BitSet(), NumaDistance.parse("\n"));
  }
}
