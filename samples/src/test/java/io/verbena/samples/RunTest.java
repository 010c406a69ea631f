package io.verbena.samples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.ChildJvm;
import io.verbena.collective.launch.SurvivorProgram;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code ./verbena run} as users start it, with processes of a shell and of Java. */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RunTest {
  /** Far longer than a test takes: whoever sleeps so long was ended, or is left behind. */
  private static final String LONG = "exec sleep 600";

  @TempDir private Path folder;

  /** In the environment of all that a test starts. */
  private final String mark = UUID.randomUUID().toString();

  private ProcessBuilder program(String... arguments) {
    List<String> words = new ArrayList<>(List.of("run"));
    words.addAll(List.of(arguments));
    ProcessBuilder builder = ChildJvm.of(Main.class, words.toArray(String[]::new));
    builder.environment().put("RUN_TEST", mark);
    return builder.redirectInput(Redirect.from(Path.of("/dev/null").toFile()));
  }

  private Child run(String... arguments) throws Exception {
    return Child.run(folder, program(arguments));
  }

  private Child shell(int size, String script) throws Exception {
    return run("-n", Integer.toString(size), "--", "sh", "-c", script);
  }

  private Child meeting(int size, String... arguments) throws Exception {
    return java(List.of("-n", Integer.toString(size)), MeetingProgram.class, arguments);
  }

  private Child java(List<String> options, Class<?> program, String... arguments) throws Exception {
    List<String> words = new ArrayList<>(options);
    words.add("--");
    words.addAll(ChildJvm.of(program, arguments).command());
    return run(words.toArray(String[]::new));
  }

  private List<ProcessHandle> left() {
    return ProcessHandle.allProcesses().filter(this::isLeft).toList();
  }

  private boolean isLeft(ProcessHandle process) {
    try {
      Path environment = Path.of("/proc", Long.toString(process.pid()), "environ");
      // Of one that has ended and is not buried yet it is empty.
      return new String(Files.readAllBytes(environment), ISO_8859_1).contains(mark);
    } catch (IOException e) {
      return false;
    }
  }

  @AfterEach
  void shouldLeaveNobodyBehind() {
    List<ProcessHandle> left = left();
    left.forEach(ProcessHandle::destroyForcibly);
    assertEquals(List.of(), left);
  }

  private static List<String> sorted(String text) {
    return text.lines().sorted().toList();
  }

  /** Before it JVMs may complain that are ended while they start. */
  private static String last(String text) {
    List<String> lines = text.lines().toList();
    return lines.isEmpty() ? "" : lines.getLast();
  }

  private static void assertQuiet(Child ended) {
    assertEquals("", ended.err());
    assertEquals(0, ended.status());
  }

  @Test
  void shouldSayWhichRankWroteALine() throws Exception {
    Child ended =
        shell(2, "echo of $VERBENA_RANK of $VERBENA_SIZE; echo err $VERBENA_RANK >&2; printf end");
    assertEquals(
        List.of("[0] end", "[0] of 0 of 2", "[1] end", "[1] of 1 of 2"), sorted(ended.out()));
    assertEquals(List.of("[0] err 0", "[1] err 1"), sorted(ended.err()));
    assertTrue(ended.out().endsWith("end\n"), ended.out());
    assertEquals(0, ended.status());
  }

  @Test
  void shouldKeepLinesWhole() throws Exception {
    // In halves, so that lines would mix if they were passed on as they come.
    Child ended =
        shell(
            4,
            "i=0; while [ $i -lt 2000 ]; do printf 'rank %s line' $VERBENA_RANK; echo \" $i end\";"
                + " i=$((i+1)); done");
    assertQuiet(ended);
    List<String> lines = ended.out().lines().toList();
    assertEquals(8000, lines.size());
    int[] next = new int[4];
    for (String line : lines) {
      int rank = line.charAt(1) - '0';
      assertEquals("[%d] rank %d line %d end".formatted(rank, rank, next[rank]++), line);
    }
  }

  @Test
  void shouldPassOnBytesThatAreNoText() throws Exception {
    Path bytes = folder.resolve("bytes");
    byte[] all = new byte[256 * 1024];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) (i % 256);
    }
    Files.write(bytes, all);
    Process launcher = program("-n", "1", "--", "cat", bytes.toString()).start();
    String out = new String(launcher.getInputStream().readAllBytes(), ISO_8859_1);
    assertEquals(0, launcher.waitFor());
    assertEquals("[0] " + new String(all, ISO_8859_1).replace("\n", "\n[0] ") + "\n", out);
  }

  @Test
  void shouldBreakALineWithoutEnd() throws Exception {
    Child ended = shell(1, "head -c 300000 /dev/zero | tr '\\0' x");
    assertQuiet(ended);
    List<String> lines = ended.out().lines().toList();
    assertTrue(lines.size() > 1 && lines.size() < 10, "" + lines.size());
    assertEquals("x".repeat(300_000), ended.out().replaceAll("\\[0\\] |\n", ""));
  }

  @Test
  void shouldGiveStandardInputToRankZero() throws Exception {
    Path input = Files.writeString(folder.resolve("input"), "one\ntwo\n");
    Child ended = Child.run(folder, program("-n", "3", "--", "cat").redirectInput(input.toFile()));
    assertQuiet(ended);
    assertEquals("[0] one\n[0] two\n", ended.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "exit 3      | 3   | ended with status 3",
        "kill -9 $$  | 137 | ended with status 137 (SIGKILL)",
        "kill -SEGV $$ | 139 | ended with status 139 (SIGSEGV)",
      })
  void shouldEndAllWhenOneFails(String failure, int status, String words) throws Exception {
    Child ended = shell(4, "[ $VERBENA_RANK = 2 ] && %s; %s".formatted(failure, LONG));
    assertEquals(
        "verbena: run: rank 2 %s; 3 ranks that were still running were ended\n".formatted(words),
        ended.err());
    assertEquals(status, ended.status());
    assertEquals("", ended.out());
  }

  @Test
  void shouldNotCountThoseWhoHaveEndedByThemselves() throws Exception {
    Child ended = shell(3, "[ $VERBENA_RANK = 1 ] || exit 0; sleep 1; echo bye; exit 5");
    assertEquals("verbena: run: rank 1 ended with status 5\n", ended.err());
    assertEquals(5, ended.status());
    assertEquals("[1] bye\n", ended.out());
  }

  @Test
  void shouldLeaveTheOthersAloneIfAskedTo() throws Exception {
    Child ended = java(List.of("-n", "4", "--keep-going"), SurvivorProgram.class, "2", "kill");
    assertEquals(
        List.of(
            "[0] rank 0: 3 left, sum 4", "[1] rank 1: 3 left, sum 4", "[3] rank 3: 3 left, sum 4"),
        sorted(ended.out()));
    assertTrue(
        ended
            .err()
            .lines()
            .anyMatch("verbena: run: rank 2 ended with status 137 (SIGKILL)"::equals),
        ended.err());
    assertEquals(137, ended.status());
  }

  @Test
  void shouldNameAllThatFailWhenTheOthersAreLeftAlone() throws Exception {
    Child ended =
        run("-n", "3", "--keep-going", "--", "sh", "-c", "sleep $VERBENA_RANK; exit $VERBENA_RANK");
    assertEquals(
        "verbena: run: rank 1 ended with status 1\nverbena: run: rank 2 ended with status 2\n",
        ended.err());
    assertEquals(1, ended.status());
  }

  @Test
  void shouldEndWhatRanksHaveStartedHoweverItHides() throws Exception {
    // A child, an orphan, one in a session of its own, and one that does not want to end.
    Child ended =
        shell(
            2,
            "[ $VERBENA_RANK = 0 ] || { sleep 2; exit 6; }; (%s &); setsid %s & sh -c 'trap \"\" TERM;"
                    .formatted(LONG, LONG)
                + " while :; do sleep 1; done' & echo started; wait");
    assertEquals("[0] started\n", ended.out());
    assertEquals(6, ended.status());
    assertTrue(ended.err().contains("rank 1 ended with status 6"), ended.err());
  }

  @Test
  void shouldEndWhatRanksLeaveBehind() throws Exception {
    Child ended = shell(2, "(%s &) ; echo done".formatted(LONG));
    assertQuiet(ended);
    assertEquals(List.of("[0] done", "[1] done"), sorted(ended.out()));
  }

  @ParameterizedTest
  @CsvSource({"TERM, 143", "INT, 130", "HUP, 129"})
  void shouldEndAllWhenItIsEnded(String signal, int status) throws Exception {
    Path err = folder.resolve("err");
    ProcessBuilder builder = program("-n", "3", "--", "sh", "-c", LONG + " & " + LONG);
    // Whoever started these tests in the background has them ignore what a terminal sends.
    builder.command().addAll(0, List.of("env", "--default-signal=TERM,INT,HUP"));
    Process launcher = builder.redirectError(err.toFile()).start();
    try {
      awaitProcesses(1 + 3 * 2);
      new ProcessBuilder("kill", "-" + signal, "" + launcher.pid()).start().waitFor();
      assertTrue(launcher.waitFor(60, TimeUnit.SECONDS));
      assertEquals(status, launcher.exitValue());
      assertEquals("verbena: run: interrupted; 3 ranks were ended\n", Files.readString(err));
      assertEquals(List.of(), left());
    } finally {
      launcher.destroyForcibly();
    }
  }

  @Test
  void shouldLeaveNobodyBehindWhenItIsEndedWhileItEndsThem() throws Exception {
    // Rank 1 fails at once; rank 0 has to be killed, which is seconds away when the signal comes.
    String script =
        "[ $VERBENA_RANK = 0 ] || exit 3; trap 'echo asked' TERM; while :; do sleep 0.1; done";
    Process launcher = program("-n", "2", "--", "sh", "-c", script).start();
    try {
      String asked = "[0] asked\n";
      assertEquals(
          asked, new String(launcher.getInputStream().readNBytes(asked.length()), ISO_8859_1));
      launcher.destroy();
      assertTrue(launcher.waitFor(60, TimeUnit.SECONDS));
      assertEquals(List.of(), left());
    } finally {
      launcher.destroyForcibly();
    }
  }

  private void awaitProcesses(int count) throws InterruptedException {
    while (left().size() < count) {
      Thread.sleep(20);
    }
  }

  @Test
  void shouldEndAllWhenNobodyReads() throws Exception {
    Process launcher = program("-n", "2", "--", "yes").start();
    try {
      assertTrue(launcher.getInputStream().read() >= 0);
      launcher.getInputStream().close();
      assertTrue(launcher.waitFor(60, TimeUnit.SECONDS));
      assertEquals(1, launcher.exitValue());
    } finally {
      launcher.destroyForcibly();
    }
  }

  @Test
  void shouldEndAllWhenTheTimeIsOver() throws Exception {
    Child ended = run("-n", "2", "--timeout", "1", "--", "sleep", "600");
    assertEquals(
        "verbena: run: the time is over; 2 ranks that were still running were ended\n",
        ended.err());
    assertEquals(1, ended.status());
    assertQuiet(run("-n", "2", "--timeout", "100", "--", "true"));
  }

  @Test
  void shouldRunSamples() throws Exception {
    Child ended = run("-n", "2", "hello");
    assertQuiet(ended);
    List<String> lines = sorted(ended.out());
    assertEquals(2, lines.size(), ended.out());
    assertTrue(lines.get(0).startsWith("[0] hello over "), ended.out());
    assertTrue(lines.get(1).startsWith("[1] hello over "), ended.out());
  }

  @Test
  void shouldLeaveOptionsAfterTheNameToTheSample() throws Exception {
    Child ended = run("-n", "1", "hello", "--help");
    assertEquals(0, ended.status(), ended.err());
    assertTrue(ended.out().startsWith("[0] Usage: ./verbena sample hello"), ended.out());
  }

  @Test
  void shouldLetRanksFindEachOther() throws Exception {
    Child ended = meeting(3);
    assertQuiet(ended);
    assertEquals(
        List.of(
            "[0] verbena run 0 of 3; value of 0; value of 1; value of 2",
            "[1] verbena run 1 of 3; value of 0; value of 1; value of 2",
            "[2] verbena run 2 of 3; value of 0; value of 1; value of 2"),
        sorted(ended.out()));
  }

  @Test
  void shouldNameWhoDoesNotCome() throws Exception {
    Child ended = meeting(4, "stay", "2");
    assertTrue(
        ended.out().contains("1 of 4 processes did not come within 8 s: rank 2"), ended.out());
    assertTrue(
        last(ended.err()).matches("verbena: run: rank [013] ended with status 4;?.*"), ended.err());
    assertEquals(4, ended.status());
  }

  @Test
  void shouldNotWaitForWhoHasEnded() throws Exception {
    Child ended = meeting(3, "leave", "1");
    assertTrue(
        last(ended.err()).startsWith("verbena: run: rank 1 ended with status 7"), ended.err());
    assertEquals(7, ended.status());
    assertFalse(ended.out().contains("value of"), ended.out());
    assertTrue(ended.duration().compareTo(Duration.ofSeconds(60)) < 0, "" + ended.duration());
  }
}
