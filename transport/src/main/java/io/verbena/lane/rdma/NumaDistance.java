package io.verbena.lane.rdma;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * How far adapters are from the processors that this process may run on.
 *
 * @param root where the kernel's files are: {@code /} but for tests
 */
public record NumaDistance(Path root) {
  /** What ACPI says of a node and itself. */
  static final int NEAR = 10;

  private static final int FARTHEST = 255;

  /** More processors than any kernel knows. */
  private static final int MOST = 1 << 16;

  /** From a node to the nearest one with a processor of ours; unknown ones are near. */
  public int of(int node) {
    if (node < 0) {
      return NEAR;
    }
    try {
      BitSet ours = allowedProcessors();
      Path nodes = root.resolve("sys/devices/system/node");
      String[] distances =
          Files.readString(nodes.resolve("node" + node).resolve("distance"))
              .trim()
              .split("\\s+", -1);
      int nearest = FARTHEST;
      int at = 0;
      // The line has a number for each node that is there, in their order.
      for (int each : numbers(nodes)) {
        String processors = Files.readString(nodes.resolve("node" + each).resolve("cpulist"));
        if (parse(processors).intersects(ours) && at < distances.length) {
          nearest = Math.min(nearest, Integer.parseInt(distances[at]));
        }
        at++;
      }
      return nearest == FARTHEST ? NEAR : nearest;
    } catch (IOException | DirectoryIteratorException | IllegalArgumentException e) {
      return NEAR;
    }
  }

  private static int[] numbers(Path nodes) throws IOException {
    BitSet numbers = new BitSet();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(nodes, "node[0-9]*")) {
      for (Path each : found) {
        String name = String.valueOf(each.getFileName());
        numbers.set(requireSmall(Integer.parseInt(name.substring("node".length()))));
      }
    }
    return numbers.stream().toArray();
  }

  private BitSet allowedProcessors() throws IOException {
    String list = null;
    for (String line : Files.readAllLines(root.resolve("proc/self/status"))) {
      if (line.startsWith("Cpus_allowed_list:")) {
        list = line.substring(line.indexOf(':') + 1);
      }
    }
    return parse(list);
  }

  private static int requireSmall(int number) {
    if (number > MOST) {
      throw new IllegalArgumentException("no node: " + number);
    }
    return number;
  }

  /** The kernel's way to write sets: {@code 0-3,8}. */
  static BitSet parse(@Nullable String list) {
    BitSet set = new BitSet();
    if (list == null || list.isBlank()) {
      return set;
    }
    for (String part : list.trim().split(",", -1)) {
      int dash = part.indexOf('-');
      int first = Integer.parseInt(dash < 0 ? part : part.substring(0, dash));
      int last = dash < 0 ? first : Integer.parseInt(part.substring(dash + 1));
      if (first < 0 || last < first || last > MOST) {
        throw new IllegalArgumentException("no set: " + list);
      }
      set.set(first, last + 1);
    }
    return set;
  }
}
