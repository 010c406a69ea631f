package io.verbena.misuse;

import io.verbena.rdmacm.ConnectionException;
import io.verbena.verbs.VerbsException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;

/**
 * Random use and misuse: a sequence for each seed. Ends with status 0 if all went as it must, with
 * 1 and the reason if not; whoever starts it sees to the rest, such as a crash.
 */
public final class MisuseProgram {
  /** Who does what. */
  enum Mode {
    /** One thread does everything. */
    ONE_THREAD(1),
    /** Several do, each posting to and polling its own objects only, as the rules are. */
    SEVERAL_THREADS(3),
    /** Several do, without any rules. */
    WITHOUT_RULES(3);

    private final int threads;

    Mode(int threads) {
      this.threads = threads;
    }
  }

  private static final int ACTIONS = 80;

  /** Sequences after which each action must have succeeded. */
  private static final int ENOUGH = 40;

  /** Code that is compiled, fragments of the heap of C; a small leak shows elsewhere, or not. */
  private static final long SLACK_KILOBYTES = 64 << 10;

  /** Of 20 ms and more each: a busy machine lets a thread wait for seconds before it can end. */
  private static final int PATIENCE_TRIES = 1500;

  private final Mode mode;
  private final Map<Action, LongAdder> successes = new ConcurrentHashMap<>();
  private final boolean traced = Boolean.getBoolean("verbena.misuse.trace");

  private MisuseProgram(Mode mode) {
    this.mode = mode;
  }

  /**
   * Runs sequences.
   *
   * @param args the {@link Mode} and the seeds
   */
  public static void main(String... args) throws Exception {
    MisuseProgram program = new MisuseProgram(Mode.valueOf(args[0]));
    long[] seeds = Arrays.stream(args).skip(1).mapToLong(Long::parseLong).toArray();
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, e) -> {
          e.printStackTrace();
          // Not exit(): a thread that hangs must not keep the answer back.
          Runtime.getRuntime().halt(1);
        });
    program.run(seeds);
  }

  private void run(long[] seeds) throws Exception {
    // Once without looking: classes, files and threads that come with first use stay.
    ConnectionActions.warmUp();
    play(0);
    proveThatObjectsShow();
    Holdings before = Holdings.now();
    String objectsBefore = Holdings.rdmaObjects();
    long kilobytesBefore = settledKilobytes();
    for (long seed : seeds) {
      System.out.println("seed " + seed);
      play(seed);
      requireSame(before, seed);
    }
    String objects = Holdings.rdmaObjects();
    require(objects.equals(objectsBefore), "the kernel still has objects of ours:\n" + objects);
    long kilobytes = settledKilobytes() - kilobytesBefore;
    System.out.println("  kilobytes more than before: " + kilobytes);
    require(kilobytes < SLACK_KILOBYTES, kilobytes + " kB of native memory are left");
    requireSuccesses(seeds.length);
    System.out.println("survived " + seeds.length + " sequences");
  }

  /** What the checks at the end look for can be seen while it is there. */
  private static void proveThatObjectsShow() throws Exception {
    World world = new World(false);
    Holdings before = Holdings.now();
    String objectsBefore = Holdings.rdmaObjects();
    Prelude.run(world);
    Holdings during = Holdings.now();
    String objects = Holdings.rdmaObjects();
    for (AutoCloseable each : world.shuffled(new Random(0))) {
      each.close();
    }
    require(during.descriptors().size() > before.descriptors().size(), "descriptors do not show");
    require(during.pinnedKilobytes() > before.pinnedKilobytes(), "pinned memory does not show");
    require(objects.isEmpty() || !objects.equals(objectsBefore), "objects do not show: " + objects);
  }

  /** Actions that are always refused would prove little. */
  private void requireSuccesses(int sequences) {
    for (Action action : Actions.ALL) {
      LongAdder count = successes.getOrDefault(action, new LongAdder());
      System.out.println("  " + action.name() + ": " + count);
      require(
          count.sum() > 0 || sequences < ENOUGH || !action.mustSucceed(),
          action.name() + " has never succeeded");
    }
  }

  private void play(long seed) throws Exception {
    World world = new World(mode == Mode.WITHOUT_RULES);
    Random random = new Random(seed);
    if (random.nextInt(8) > 0) {
      Prelude.run(world);
    }
    inParallel(
        seed, thread -> () -> act(world, new Random(seed * 31 + thread), seed + "." + thread));
    List<AutoCloseable> rest = world.shuffled(random);
    inParallel(seed, thread -> () -> closeAll(rest));
    for (AutoCloseable each : rest) {
      if (each instanceof Arena arena && arena.scope().isAlive()) {
        arena.close();
      }
    }
  }

  private interface Task {
    Callable<Object> of(int thread);
  }

  private void inParallel(long seed, Task task) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(mode.threads)) {
      List<Future<Object>> results = new ArrayList<>();
      for (int i = 0; i < mode.threads; i++) {
        results.add(threads.submit(task.of(i)));
      }
      for (Future<Object> result : results) {
        try {
          result.get();
        } catch (Exception e) {
          throw new IllegalStateException("seed " + seed + " of " + mode, e);
        }
      }
    }
  }

  private Object act(World world, Random random, String name) {
    for (int i = 0; i < ACTIONS; i++) {
      Action action = Actions.choose(random);
      if (traced) {
        System.out.println(name + ", " + i + ": " + action.name());
      }
      try {
        action.body().run(world, random);
        successes.computeIfAbsent(action, _ -> new LongAdder()).increment();
      } catch (World.Impossible
          | IllegalArgumentException
          | IllegalStateException
          | IndexOutOfBoundsException
          | VerbsException
          | ConnectionException e) {
        // What the API promises for misuse, and for what device and peer refuse.
        if (traced) {
          System.out.println("  " + e);
        }
      } catch (RuntimeException e) {
        require(
            mode == Mode.WITHOUT_RULES && !(e instanceof UncheckedIOException),
            "action " + i + ", " + action.name(),
            e);
      } catch (Exception e) {
        require(false, "action " + i + ", " + action.name(), e);
      }
    }
    return name;
  }

  private static Object closeAll(List<AutoCloseable> rest) throws Exception {
    for (AutoCloseable each : rest) {
      try {
        each.close();
      } catch (IllegalStateException e) {
        // Of an arena whose memory is registered still, or that is closed already.
        require(each instanceof Arena, "closing " + each, e);
      }
    }
    return rest;
  }

  /** With patience: a thread that has ended is still there for a moment. */
  private static void requireSame(Holdings before, long seed) throws Exception {
    Holdings after = Holdings.now();
    for (int i = 0; i < PATIENCE_TRIES && !after.equals(before); i++) {
      Thread.sleep(20);
      after = Holdings.now();
    }
    require(after.equals(before), "after seed " + seed + ": " + after.difference(before));
  }

  /** Memory outside of the Java heap, which is all there from the start. */
  private static long settledKilobytes() throws Exception {
    // Automatic memory is given back by the garbage collector, by and by.
    for (int i = 0; i < 5; i++) {
      System.gc();
      Thread.sleep(50);
    }
    return Holdings.residentKilobytes();
  }

  private static void require(boolean condition, String otherwise) {
    require(condition, otherwise, null);
  }

  private static void require(boolean condition, String otherwise, Throwable cause) {
    if (!condition) {
      throw new AssertionError(otherwise, cause);
    }
  }
}
