package io.verbena.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.verbena.RdmaMode;
import io.verbena.Transport;
import io.verbena.TransportConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The demo as a user starts it, with its second process. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class DemoIT {
  @TempDir private Path folder;

  private static List<String> demo(String... options) throws Exception {
    List<String> arguments = new ArrayList<>();
    arguments.add("--enable-native-access=ALL-UNNAMED");
    List<String> path = new ArrayList<>();
    for (String type :
        List.of(
            "io.verbena.samples.Main",
            "io.verbena.Transport",
            "io.verbena.ffi.Native",
            "io.netty.buffer.ByteBuf",
            "io.netty.util.ReferenceCounted",
            "org.slf4j.Logger",
            "org.slf4j.simple.SimpleLogger",
            "picocli.CommandLine")) {
      path.add(Child.home(type).toString());
    }
    arguments.addAll(List.of("-cp", String.join(System.getProperty("path.separator"), path)));
    arguments.addAll(List.of("io.verbena.samples.Main", "demo"));
    arguments.addAll(List.of(options));
    return arguments;
  }

  @Test
  void shouldRunOverTcpWhenRdmaIsOff() throws Exception {
    Child demo = Child.run(folder, "java", demo("--rdma", "off"));
    assertEquals("", demo.err());
    assertEquals(0, demo.status());
    List<String> lines = demo.out().lines().toList();
    assertTrue(lines.get(1).matches("link: TCP \\S+, no RDMA: it is switched off"), demo.out());
    assertEquals(3, lines.stream().filter(line -> line.endsWith("every byte is right")).count());
    assertTrue(demo.out().contains("1000 additions, the sum is right"), demo.out());
    assertTrue(lines.getLast().matches("remote read of 1 MiB( +[0-9.]+){3}"), demo.out());
  }

  @Test
  void shouldFailAtOnceWithTheReasonWhereRdmaIsRequiredAndMissing() throws Exception {
    assumeTrue(!hasRdma(), "this machine has RDMA");
    Child demo = Child.run(folder, "java", demo("--rdma", "required"));
    assertEquals(3, demo.status(), demo.err());
    assertEquals("", demo.out());
    assertTrue(demo.err().matches("verbena: RDMA is required and not available: .+\n"), demo.err());
    // The bar is 2 s; a machine that builds in parallel is given more.
    assertTrue(demo.duration().compareTo(Duration.ofSeconds(10)) < 0, demo.duration().toString());
  }

  private static boolean hasRdma() {
    try (Transport transport =
        Transport.open(TransportConfig.defaults().withRdma(RdmaMode.REQUIRED))) {
      return transport.rdmaUnavailable().isEmpty();
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void shouldLeaveNoProcessBehindWhenItIsKilled() throws Exception {
    Process demo =
        new ProcessBuilder(Child.command("java", demo("--rdma", "off")))
            .redirectError(folder.resolve("err").toFile())
            .start();
    try (var out =
        new BufferedReader(new InputStreamReader(demo.getInputStream(), StandardCharsets.UTF_8))) {
      String line = out.readLine();
      while (line != null && !line.startsWith("link:")) {
        line = out.readLine();
      }
      List<ProcessHandle> children = demo.descendants().toList();
      assertEquals(1, children.size());
      demo.destroyForcibly();
      children.getFirst().onExit().get(20, TimeUnit.SECONDS);
    } finally {
      demo.destroyForcibly();
    }
  }
}
