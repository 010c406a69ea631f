package io.verbena.samples.run;

import io.verbena.collective.launch.RendezvousServer;
import io.verbena.samples.Complaints;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Processes on this machine that know of each other: a rendezvous for them, their output, and their
 * common end. Once.
 */
final class LocalJob {
  private static final String RANK = "VERBENA_RANK";
  private static final String SIZE = "VERBENA_SIZE";
  private static final String LAUNCHER = "VERBENA_LAUNCHER";
  private static final String JOB = "VERBENA_JOB";

  private static final int KEY_BYTES = 16;

  /** What processes may take to end when they are asked to. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  private static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(2);

  private static final File NOTHING = new File("/dev/null");

  private final int size;
  private final String key;
  private final RendezvousServer rendezvous;
  private final Collection<Process> ranks = new ConcurrentLinkedQueue<>();
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final Output output = new Output(() -> events.add(Event.outputClosed()));
  private final Descent descent;

  // Guarded by this.
  private boolean ending;

  /** A rank has ended, or nobody reads our output any more. */
  private record Event(int rank, int status) {
    static Event outputClosed() {
      return new Event(-1, Complaints.FAILED);
    }

    boolean isEndOfRank() {
      return rank >= 0;
    }

    String what() {
      return isEndOfRank()
          ? "rank %d %s".formatted(rank, Status.words(status))
          : "nobody reads the output any more";
    }
  }

  private LocalJob(int size) throws IOException {
    this.size = size;
    byte[] bytes = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(bytes);
    key = HexFormat.of().formatHex(bytes);
    descent = new Descent(ranks, JOB, key);
    rendezvous =
        new RendezvousServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), key, size);
  }

  /**
   * Starts all ranks and waits for their end.
   *
   * @param size how many
   * @param command the same for all
   * @param timeout after which all are ended; null for none
   * @param keepGoing whether the failure of one is not the end of all
   * @return the exit status of the rank that failed first, or 0
   */
  static int run(int size, List<String> command, @Nullable Duration timeout, boolean keepGoing)
      throws IOException, InterruptedException {
    var job = new LocalJob(size);
    try {
      return job.run(command, timeout, keepGoing);
    } finally {
      // Whatever the ranks have left behind.
      job.end();
      job.rendezvous.close();
    }
  }

  private int run(List<String> command, @Nullable Duration timeout, boolean keepGoing)
      throws IOException, InterruptedException {
    var hook = new Thread(this::interrupted, "verbena-run-end");
    Runtime.getRuntime().addShutdownHook(hook);
    for (int rank = 0; rank < size; rank++) {
      start(rank, command);
    }
    long began = System.nanoTime();
    int first = 0;
    for (int left = size; left > 0; left--) {
      Event event = next(timeout, began);
      if (event == null) {
        return fail("the time is over", left, Complaints.FAILED);
      }
      if (event.status() != 0 && keepGoing && event.isEndOfRank()) {
        first = first == 0 ? event.status() : first;
        complain(event.what());
      } else if (event.status() != 0) {
        return fail(event.what(), event.isEndOfRank() ? left - 1 : left, event.status());
      }
    }
    return first;
  }

  /** Null when the time is over. */
  private @Nullable Event next(@Nullable Duration timeout, long began) throws InterruptedException {
    if (timeout == null) {
      return events.take();
    }
    long left = timeout.toNanos() - (System.nanoTime() - began);
    return events.poll(left, TimeUnit.NANOSECONDS);
  }

  private synchronized void start(int rank, List<String> command) throws IOException {
    if (ending) {
      return;
    }
    // Standard input can be given to one only, as mpirun does it.
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectInput(rank == 0 ? Redirect.INHERIT : Redirect.from(NOTHING));
    Map<String, String> environment = builder.environment();
    environment.put(RANK, Integer.toString(rank));
    environment.put(SIZE, Integer.toString(size));
    environment.put(LAUNCHER, address());
    environment.put(JOB, key);
    Complaints.passOn(environment);
    Process process = builder.start();
    ranks.add(process);
    output.add(rank, process);
    Thread.startVirtualThread(() -> watch(rank, process));
  }

  private void watch(int rank, Process process) {
    try {
      int status = process.waitFor();
      rendezvous.ended(rank, Status.words(status));
      events.add(new Event(rank, status));
    } catch (InterruptedException e) {
      throw new AssertionError("nobody interrupts this thread", e);
    }
  }

  private String address() {
    String host = InetAddress.getLoopbackAddress().getHostAddress();
    return (host.contains(":") ? "[" + host + "]:" : host + ":") + rendezvous.port();
  }

  private synchronized int fail(String what, int running, int status) throws InterruptedException {
    if (!end()) {
      // The last line is the interrupter's.
      return status;
    }
    String end =
        switch (running) {
          case 0 -> "";
          case 1 -> "; 1 rank that was still running was ended";
          default -> "; %d ranks that were still running were ended".formatted(running);
        };
    complain(what + end);
    return status;
  }

  private static void complain(String what) {
    System.err.println("verbena: run: " + what);
  }

  /**
   * Ends what is left and passes on its last words; returns whether this is the first time. Whoever
   * comes second waits for the first: a signal, that comes meanwhile, must not leave anybody
   * behind.
   */
  private synchronized boolean end() throws InterruptedException {
    if (ending) {
      return false;
    }
    ending = true;
    descent.end(GRACE);
    output.drain(DRAIN_TIMEOUT);
    return true;
  }

  /** This JVM ends: by a signal, if there is something left to end. */
  private synchronized void interrupted() {
    try {
      long running = ranks.stream().filter(Process::isAlive).count();
      if (end()) {
        complain("interrupted; %d ranks were ended".formatted(running));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
