package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A program that may lock 64 KiB only, as unprivileged ones often may. */
@RdmaTest
class LockedMemoryTest {
  private static final String LIMIT = "65536";

  /** Takes the right to ignore the limit away, which root has. */
  private static final List<String> LIMITED =
      List.of(
          "prlimit",
          "--memlock=" + LIMIT + ":" + LIMIT,
          "setpriv",
          "--bounding-set=-ipc_lock",
          "--inh-caps=-ipc_lock");

  @Test
  @Timeout(240)
  void shouldNameTheLimitAndGoOnOverTcp() throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "util-linux is not installed");
    List<String> command = new ArrayList<>(LIMITED);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            LockedMemoryProgram.class.getName()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertEquals(0, process.waitFor(), output);
    assertTrue(output.contains("refused: no memory for a buffer of 16384 bytes"), output);
    assertTrue(output.contains("this process may lock " + LIMIT + " bytes"), output);
    assertTrue(output.contains("ulimit -l unlimited"), output);
    assertTrue(output.contains("in use: 0"), output);
    assertTrue(output.contains("link: TCP"), output);
    assertTrue(output.contains("arrived: 42"), output);
  }
}
