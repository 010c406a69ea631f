package io.verbena.misuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.ChildJvm;
import io.verbena.RdmaTest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whatever a program does with the API, the JVM lives and gives everything back. The seeds of a
 * failure are in its message; {@code -Dverbena.misuse.seeds=7,8} runs these and no others, {@code
 * -Dverbena.misuse.trace=true} prints each action.
 */
@RdmaTest
class MisuseTest {
  /** An idle machine takes a fifth of it; the guest has other tests, too. */
  private static final long DEADLINE_SECONDS = 400;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"ONE_THREAD, 60", "SEVERAL_THREADS, 25", "WITHOUT_RULES, 25"})
  void shouldSurvive(MisuseProgram.Mode mode, int sequences) throws Exception {
    Path out = folder.resolve("out");
    Path crash = folder.resolve("hs_err.log");
    ProcessBuilder builder =
        program(mode, seeds(sequences), crash)
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    // With a heap of C's for each thread, fragments would be taken for leaks.
    builder.environment().put("MALLOC_ARENA_MAX", "1");
    Process child = builder.start();
    try {
      boolean ended = child.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS);
      if (!ended) {
        new ProcessBuilder("kill", "-QUIT", String.valueOf(child.pid())).start().waitFor();
        Thread.sleep(3000);
      }
      String said = tail(Files.readString(out), 150);
      assertTrue(ended, () -> mode + " was not done after " + DEADLINE_SECONDS + " s:\n" + said);
      assertFalse(Files.exists(crash), () -> mode + " crashed:\n" + said + head(crash));
      assertEquals(0, child.exitValue(), () -> mode + ":\n" + said);
      assertTrue(said.contains("survived " + (sequences + 1) + " sequences") || isReproducing());
    } finally {
      child.destroyForcibly();
    }
  }

  private static boolean isReproducing() {
    return System.getProperty("verbena.misuse.seeds") != null;
  }

  /** The same ones each time, and one that nobody has seen. */
  private static List<String> seeds(int count) {
    String wanted = System.getProperty("verbena.misuse.seeds");
    if (wanted != null) {
      return List.of(wanted.split(","));
    }
    return LongStream.concat(
            LongStream.rangeClosed(1, count),
            LongStream.of(ThreadLocalRandom.current().nextLong(1L << 32)))
        .mapToObj(String::valueOf)
        .toList();
  }

  private static ProcessBuilder program(MisuseProgram.Mode mode, List<String> seeds, Path crash) {
    List<String> flags =
        List.of(
            "-XX:ErrorFile=" + crash,
            // The heap's size does not change, so that what is native shows.
            "-Xms128m",
            "-Xmx128m",
            "-XX:+AlwaysPreTouch",
            "-Dverbena.misuse.trace=" + Boolean.getBoolean("verbena.misuse.trace"));
    List<String> arguments = new ArrayList<>(List.of(mode.name()));
    arguments.addAll(seeds);
    return ChildJvm.withFlags(flags, MisuseProgram.class, arguments.toArray(String[]::new));
  }

  private static String tail(String text, int lines) {
    List<String> all = text.lines().toList();
    return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
  }

  private static String head(Path file) {
    try (var lines = Files.lines(file)) {
      return lines.limit(150).collect(Collectors.joining("\n", "\n", ""));
    } catch (java.io.IOException e) {
      return e.toString();
    }
  }
}
