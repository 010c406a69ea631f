package io.verbena.collective;

import io.verbena.TransportConfig;
import io.verbena.collective.launch.Job;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** All ranks of a job, each a thread of this process, connected by endpoints. */
final class Ranks implements AutoCloseable {
  private static final Duration START_TIMEOUT = Duration.ofSeconds(30);

  /** What one rank does. */
  @FunctionalInterface
  interface Body {
    void run(Communicator world) throws Exception;
  }

  private final int size;
  private final List<ExecutorService> threads = new ArrayList<>();
  private final List<Communicator> worlds = new ArrayList<>();

  Ranks(int size, TransportConfig config) throws Exception {
    this.size = size;
    for (int rank = 0; rank < size; rank++) {
      String name = "rank-" + rank;
      threads.add(
          Executors.newSingleThreadExecutor(
              task -> Thread.ofPlatform().daemon().name(name).unstarted(task)));
    }
    List<Job> jobs = LocalJob.ofSize(size);
    List<Future<Communicator>> opening = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      Job job = jobs.get(rank);
      opening.add(threads.get(rank).submit(() -> Communicator.of(job, config, START_TIMEOUT)));
    }
    for (Future<Communicator> each : opening) {
      worlds.add(each.get(60, TimeUnit.SECONDS));
    }
  }

  int size() {
    return size;
  }

  Communicator world(int rank) {
    return worlds.get(rank);
  }

  /** Runs it at all ranks; fails if it does at one of them, or takes too long. */
  void run(Body body) throws Exception {
    List<Future<?>> running = start(body);
    List<Throwable> failures = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      try {
        running.get(rank).get(120, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        failures.add(new AssertionError("rank " + rank + ": " + e.getCause(), e.getCause()));
      } catch (TimeoutException e) {
        failures.add(new AssertionError("rank " + rank + " does not end", stack(rank)));
      }
    }
    if (!failures.isEmpty()) {
      AssertionError all = new AssertionError(failures.getFirst().getMessage());
      failures.forEach(all::addSuppressed);
      throw all;
    }
  }

  private static Throwable stack(int rank) {
    var where = new Throwable("is here");
    Thread.getAllStackTraces()
        .forEach(
            (thread, frames) -> {
              if (thread.getName().equals("rank-" + rank)) {
                where.setStackTrace(frames);
              }
            });
    return where;
  }

  List<Future<?>> start(Body body) {
    List<Future<?>> running = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      Communicator world = worlds.get(rank);
      running.add(
          threads
              .get(rank)
              .submit(
                  () -> {
                    body.run(world);
                    return null;
                  }));
    }
    return running;
  }

  @Override
  public void close() {
    List<Thread> closing =
        worlds.stream().map(each -> Thread.ofVirtual().start(each::close)).toList();
    for (Thread each : closing) {
      try {
        each.join(Duration.ofSeconds(30));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    threads.forEach(ExecutorService::shutdownNow);
  }
}
