package io.verbena.collective;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import io.verbena.collective.Forecast.Way;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/**
 * A rank that measures what a {@link Forecast} is about, over TCP. Says a word when it has started,
 * joins the others when it gets a line, and then does what each line of its standard input asks,
 * and answers with a line. Between these it sleeps. In this package because schedules are no public
 * API.
 *
 * <ul>
 *   <li>{@code kernels}: the ns for each byte that is reduced, and that is copied
 *   <li>{@code ping BYTES}: of rank 0, the ns that a message to rank 1 takes
 *   <li>{@code stream BYTES MESSAGES}: of rank 0, the ns of starting them, and until rank 1 has all
 *   <li>{@code group RANKS}: the first ranks take part in what follows; compiles all of it
 *   <li>{@code prepare COLLECTIVE WAY BYTES}: the way by its number; compiles it
 *   <li>{@code run TIME}: starts it at {@link System#nanoTime}, which the processes of a machine
 *       have in common; the ns until it began, and until it ended
 * </ul>
 */
@NullMarked
public final class MeasuredRank {
  /** The answer of those that take no part. */
  public static final String NOTHING = "-";

  /** Before its start a rank looks at the clock, so as to be awake. */
  private static final long START_NANOS = 3_000_000;

  private static final int WARM_UPS = 30;
  private static final int PINGS = 7;
  private static final int KERNEL_BYTES = 64 << 10;
  private static final int KERNEL_RUNS = 2000;
  private static final ValueLayout ELEMENT = ValueLayout.JAVA_LONG;

  private final Communicator world;
  private @Nullable Communicator group;
  private @Nullable CollectiveOperation operation;
  private final Arena arena;
  private MemorySegment in = MemorySegment.NULL;
  private MemorySegment out = MemorySegment.NULL;

  private MeasuredRank(Communicator world, Arena arena) {
    this.world = world;
    this.arena = arena;
  }

  /**
   * Measures until nobody asks any more.
   *
   * @param arguments none
   * @throws IOException if the others do not come, or are lost
   */
  public static void main(String... arguments) throws IOException {
    var asks = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    System.out.println("here");
    if (asks.readLine() == null) {
      return;
    }
    // Those who are not asked are silent for long.
    var config = TransportConfig.defaults().withRdma(RdmaMode.OFF).withKeepalive(Duration.ZERO);
    try (Arena arena = Arena.ofShared();
        Communicator world = Communicator.world(config, Duration.ofMinutes(1))) {
      world.setTimeout(Duration.ofSeconds(30));
      var rank = new MeasuredRank(world, arena);
      for (String ask = asks.readLine(); ask != null; ask = asks.readLine()) {
        System.out.println(rank.answer(ask.split(" ", -1)));
      }
    }
  }

  private String answer(String... ask) throws IOException {
    return switch (ask[0]) {
      case "kernels" -> kernels();
      case "ping" -> ping(Integer.parseInt(ask[1]));
      case "stream" -> stream(Integer.parseInt(ask[1]), Integer.parseInt(ask[2]));
      case "group" -> group(Integer.parseInt(ask[1]));
      case "prepare" -> prepare(ask[1], Integer.parseInt(ask[2]), Long.parseLong(ask[3]));
      case "run" -> run(Long.parseLong(ask[1]));
      default -> throw new IllegalArgumentException("unknown: " + ask[0]);
    };
  }

  private static String numbers(double... numbers) {
    StringBuilder line = new StringBuilder();
    for (double number : numbers) {
      line.append(String.format(Locale.ROOT, "%s%.3f", line.isEmpty() ? "" : " ", number));
    }
    return line.toString();
  }

  private static double median(double... values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }

  private String kernels() {
    MemorySegment left = arena.allocate(KERNEL_BYTES, 64);
    MemorySegment right = arena.allocate(KERNEL_BYTES, 64);
    MemorySegment target = arena.allocate(KERNEL_BYTES, 64);
    Kernel sum = Kernels.of(Reduction.SUM, ELEMENT);
    return numbers(
        perByte(() -> sum.reduce(left, 0, right, 0, target, 0, KERNEL_BYTES / Forecast.ELEMENT)),
        perByte(() -> MemorySegment.copy(left, 0, target, 0, KERNEL_BYTES)));
  }

  private static double perByte(Runnable work) {
    double[] nanos = new double[KERNEL_RUNS];
    for (int i = 0; i < nanos.length; i++) {
      long begin = System.nanoTime();
      work.run();
      nanos[i] = System.nanoTime() - begin;
    }
    return median(nanos) / KERNEL_BYTES;
  }

  private String ping(int bytes) throws IOException {
    if (world.rank() > 1) {
      return NOTHING;
    }
    Elements data = Elements.of(new byte[bytes]);
    double[] nanos = new double[PINGS];
    for (int i = 0; i < PINGS; i++) {
      long begin = System.nanoTime();
      if (world.rank() == 0) {
        world.send(data, 1, 1);
        world.receive(data, 1, 1);
      } else {
        world.receive(data, 0, 1);
        world.send(data, 0, 1);
      }
      nanos[i] = (System.nanoTime() - begin) / 2.0;
    }
    return numbers(median(nanos));
  }

  private String stream(int bytes, int messages) throws IOException {
    if (world.rank() > 1) {
      return NOTHING;
    }
    Elements data = Elements.of(new byte[bytes]);
    Elements word = Elements.of(new byte[1]);
    CollectiveOperation[] all = new CollectiveOperation[messages];
    if (world.rank() == 1) {
      for (int i = 0; i < messages; i++) {
        all[i] = world.startReceive(data, 0, 2);
      }
      world.send(word, 0, 3);
      for (CollectiveOperation each : all) {
        each.await();
      }
      world.send(word, 0, 3);
      return NOTHING;
    }
    world.receive(word, 1, 3);
    long begin = System.nanoTime();
    for (int i = 0; i < messages; i++) {
      all[i] = world.startSend(data, 1, 2);
    }
    long started = System.nanoTime();
    for (CollectiveOperation each : all) {
      each.await();
    }
    world.receive(word, 1, 3);
    return (started - begin) + " " + (System.nanoTime() - begin);
  }

  private String group(int ranks) throws IOException {
    group = world.split(world.rank() < ranks ? 0 : Communicator.NO_COLOR, 0);
    if (group == null) {
      return NOTHING;
    }
    for (String collective : Forecast.collectives()) {
      for (int way = 0; way < Forecast.ways(collective).size(); way++) {
        prepare(collective, way, 4 << 10);
      }
    }
    return "compiled";
  }

  /** Exactly what is simulated: as if a choice table had this way. */
  private String prepare(String collective, int number, long bytes) throws IOException {
    Communicator ranks = group;
    if (ranks == null) {
      return NOTHING;
    }
    Way way = Forecast.ways(collective).get(number);
    long room = Forecast.isOfBlocks(collective) ? bytes * ranks.size() : bytes;
    if (room > in.byteSize()) {
      in = arena.allocate(room, 64);
      out = arena.allocate(room, 64);
    }
    ScheduleRun run = ranks.scope.newRun();
    Schedule schedule =
        Forecast.request(way, ranks.size(), bytes / Forecast.ELEMENT).at(ranks.rank()).compile();
    run.prepare(
        schedule,
        Elements.of(in.asSlice(0, room), ELEMENT),
        Elements.of(out.asSlice(0, room), ELEMENT),
        Forecast.ELEMENT,
        Kernels.of(Reduction.SUM, ELEMENT));
    if (operation != null) {
      operation.close();
    }
    operation = new CollectiveOperation(ranks.scope, run, collective);
    for (int i = 0; i < (bytes <= 4 << 10 ? WARM_UPS : 1); i++) {
      operation.start().await();
    }
    return "prepared";
  }

  private String run(long time) throws IOException {
    if (group == null) {
      return NOTHING;
    }
    CollectiveOperation prepared = Objects.requireNonNull(operation);
    waitUntil(time);
    long begin = System.nanoTime();
    prepared.start().await();
    return (begin - time) + " " + (System.nanoTime() - time);
  }

  /** Awake at the end: who sleeps wakes late. */
  @SuppressWarnings("ThreadPriorityCheck") // there may be more ranks than cores
  private static void waitUntil(long time) {
    for (long left = time - System.nanoTime(); left > 0; left = time - System.nanoTime()) {
      if (left > START_NANOS) {
        LockSupport.parkNanos(left - START_NANOS);
      } else {
        Thread.yield();
      }
    }
  }
}
