package io.verbena.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.collective.launch.RendezvousServer;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code ./verbena perf osu} in processes that find each other as those of {@code run} do. */
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OsuCommandTest {
  private static final String NUMBER = " +[0-9]+\\.[0-9]{2}";

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void shouldShowWhatTheirsShow(Exercise exercise) throws Exception {
    List<String> said = run(2, exercise, "-m", "8:32", "-i", "5", "-x", "1");
    assertEquals("", said.get(0));
    assertTrue(said.get(1).startsWith("# Verbena " + exercise.title() + " Test v"), said::toString);
    assertTrue(
        said.get(2).startsWith("# Ranks: 2, launched by verbena run, link: TCP"), said.get(2));
    List<String> rows = said.stream().filter(line -> line.matches("[0-9 ].*")).toList();
    if (exercise.hasSize()) {
      assertEquals(
          List.of("8", "16", "32"), rows.stream().map(row -> row.replaceFirst(" .*", "")).toList());
      rows.forEach(row -> assertTrue(row.matches("[0-9]+" + NUMBER) && row.length() == 28, row));
    } else {
      assertEquals(1, rows.size());
      assertTrue(rows.getFirst().matches(NUMBER), rows.getFirst());
    }
  }

  @Test
  void shouldShowTheLeastAndTheGreatestMeanOfARank() throws Exception {
    List<String> said = run(3, Exercise.REDUCE_SCATTER, "-m", "4:16", "-i", "5", "-x", "1", "-f");
    List<String> rows = said.subList(5, said.size());
    assertEquals(3, rows.size(), said::toString);
    for (String row : rows) {
      String[] cells = row.split(" +", -1);
      double mean = Double.parseDouble(cells[1]);
      double least = Double.parseDouble(cells[2]);
      double most = Double.parseDouble(cells[3]);
      assertTrue(0 < least && least <= mean && mean <= most, row);
      assertEquals("5", cells[4]);
    }
  }

  @Test
  void shouldRefuseWrongNumbersOfRanks() throws Exception {
    assertEquals(
        List.of(
            "verbena perf: latency takes 2 ranks, not 3: ./verbena run -n 2 -- ./verbena perf osu"
                + " latency; see ./verbena perf --help"),
        run(2, 3, Exercise.LATENCY));
  }

  private List<String> run(int ranks, Exercise exercise, String... options) throws Exception {
    return run(0, ranks, exercise, options);
  }

  /** What all ranks say, which end with that status. */
  private List<String> run(int status, int ranks, Exercise exercise, String... options)
      throws Exception {
    List<Process> processes = new ArrayList<>();
    File log = folder.resolve("log").toFile();
    try (var rendezvous =
        new RendezvousServer(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), "job", ranks)) {
      for (int rank = 0; rank < ranks; rank++) {
        ProcessBuilder builder = program(exercise, options);
        builder.environment().put("VERBENA_RANK", "" + rank);
        builder.environment().put("VERBENA_SIZE", "" + ranks);
        builder.environment().put("VERBENA_LAUNCHER", "127.0.0.1:" + rendezvous.port());
        builder.environment().put("VERBENA_JOB", "job");
        builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log));
        processes.add(builder.start());
      }
      for (Process each : processes) {
        assertEquals(status, each.waitFor(), () -> text(log));
      }
    } finally {
      processes.forEach(Process::destroyForcibly);
    }
    return text(log).lines().toList();
  }

  private static String text(File file) {
    try {
      return Files.readString(file.toPath());
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static ProcessBuilder program(Exercise exercise, String... options) {
    List<String> words =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "osu",
                exercise.osuName(),
                "--rdma",
                "off"));
    words.addAll(List.of(options));
    return new ProcessBuilder(words);
  }
}
