package io.verbena.samples.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * All processes that come from the ranks of a job. A process whose parent has ended has no link to
 * the job any more but a variable in its environment, which Linux shows.
 */
final class Descent {
  private static final Path PROC = Path.of("/proc");

  private static final Duration KILL_TIMEOUT = Duration.ofSeconds(2);
  private static final long LEAST_PAUSE_MILLIS = 10;

  /** Looking for processes takes at most so much of the time, in parts of one. */
  private static final long IDLE_SHARE = 4;

  private final Collection<Process> ranks;
  private final String mark;

  /**
   * A job's.
   *
   * @param ranks may grow meanwhile, if it is made for that
   * @param variable that no other job's processes have
   * @param value its value
   */
  Descent(Collection<Process> ranks, String variable, String value) {
    this.ranks = ranks;
    this.mark = '\0' + variable + '=' + value + '\0';
  }

  /**
   * Ends all: asks them to (SIGTERM), and makes them after a while (SIGKILL).
   *
   * @param grace how long they may take to end by themselves
   */
  void end(Duration grace) throws InterruptedException {
    Set<ProcessHandle> asked = new HashSet<>();
    // Again and again: a process may start another while we look.
    boolean ended =
        untilNone(
            grace,
            process -> {
              if (asked.add(process)) {
                process.destroy();
              }
            });
    if (!ended) {
      untilNone(KILL_TIMEOUT, ProcessHandle::destroyForcibly);
    }
  }

  private boolean untilNone(Duration timeout, Consumer<ProcessHandle> end)
      throws InterruptedException {
    long began = System.nanoTime();
    while (true) {
      long looked = System.nanoTime();
      Set<ProcessHandle> running = running();
      if (running.isEmpty()) {
        return true;
      }
      running.forEach(end);
      long now = System.nanoTime();
      if (now - began > timeout.toNanos()) {
        return false;
      }
      long spent = Duration.ofNanos(now - looked).toMillis();
      Thread.sleep(Math.max(LEAST_PAUSE_MILLIS, spent * IDLE_SHARE));
    }
  }

  private Set<ProcessHandle> running() {
    // Parents first: a shell whose child is ended before it would say so.
    Set<ProcessHandle> running = new LinkedHashSet<>();
    for (Process rank : ranks) {
      if (rank.isAlive()) {
        running.add(rank.toHandle());
      }
      rank.descendants().filter(Descent::isRunning).forEach(running::add);
    }
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      all.filter(this::isMarked).filter(Descent::isRunning).forEach(running::add);
    }
    running.remove(ProcessHandle.current());
    return running;
  }

  private boolean isMarked(ProcessHandle process) {
    return ('\0' + read(process, "environ")).contains(mark);
  }

  /** Not if it has ended and its parent has not asked how, which may take for ever. */
  private static boolean isRunning(ProcessHandle process) {
    String stat = read(process, "stat");
    // Its number, its name in parentheses, which can be anything, its state.
    int state = stat.lastIndexOf(')') + 2;
    return process.isAlive() && (state >= stat.length() || stat.charAt(state) != 'Z');
  }

  /** Empty if the process has ended, is somebody else's, or this is not Linux. */
  private static String read(ProcessHandle process, String file) {
    try {
      Path path = PROC.resolve(Long.toString(process.pid())).resolve(file);
      return new String(Files.readAllBytes(path), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }
}
