package io.verbena.benchmarks;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import io.verbena.benchmarks.RankPart.Step;
import io.verbena.collective.Communicator;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A rank that measures collectives over TCP: connects to the port of the loopback address that the
 * argument names, says its rank, then does a batch for each line {@code NAME:BYTES:REPEATS:HOW}
 * that comes from there and answers with the microseconds that one of them took. What it does is
 * what {@code collectives.c} does with MPI.
 */
final class CollectivesProgram {
  /** How ours is to be done; else blocking, as MPI's. */
  static final String PREPARED = "prepared";

  private static final int LEAD_IN = 5;
  private static final double NANOS_PER_MICRO = 1000;

  private final Communicator world;
  private final Arena arena;
  private final Map<List<String>, Step> steps = new HashMap<>();

  private CollectivesProgram(Communicator world, Arena arena) {
    this.world = world;
    this.arena = arena;
  }

  /**
   * Measures until nobody asks any more.
   *
   * @param arguments the port of who asks
   */
  public static void main(String... arguments) throws IOException {
    var config = TransportConfig.defaults().withRdma(RdmaMode.OFF);
    int port = Integer.parseInt(arguments[0]);
    try (Arena arena = Arena.ofShared();
        Communicator world = Communicator.world(config, Duration.ofMinutes(1));
        Socket control = new Socket(InetAddress.getLoopbackAddress(), port)) {
      control.setTcpNoDelay(true);
      new CollectivesProgram(world, arena).answer(control);
    }
  }

  private void answer(Socket control) throws IOException {
    var asks =
        new BufferedReader(
            new InputStreamReader(control.getInputStream(), StandardCharsets.US_ASCII));
    say(control, Integer.toString(world.rank()));
    for (String ask = asks.readLine(); ask != null; ask = asks.readLine()) {
      String[] parts = ask.split(":", -1);
      say(control, String.format(Locale.ROOT, "%.3f", measure(parts)));
    }
  }

  private static void say(Socket control, String line) throws IOException {
    control.getOutputStream().write((line + '\n').getBytes(StandardCharsets.US_ASCII));
  }

  private double measure(String... ask) throws IOException {
    int repeats = Integer.parseInt(ask[2]);
    Step step = steps.computeIfAbsent(List.of(ask[0], ask[1], ask[3]), this::step);
    // Processors that slept are slow at first.
    repeat(step, Math.ceilDiv(repeats, LEAD_IN));
    world.barrier();
    long begin = System.nanoTime();
    repeat(step, repeats);
    return (System.nanoTime() - begin) / NANOS_PER_MICRO / repeats;
  }

  private static void repeat(Step step, int repeats) throws IOException {
    for (int i = 0; i < repeats; i++) {
      step.run();
    }
  }

  private Step step(List<String> what) {
    Exercise exercise = Exercise.of(what.get(0));
    long bytes = Long.parseLong(what.get(1));
    // Of this one the bytes are a block's, here and in C.
    long all = exercise == Exercise.REDUCE_SCATTER ? bytes * world.size() : bytes;
    RankPart part = new RankPart(world, exercise, all, arena);
    boolean prepared = what.get(2).equals(PREPARED);
    Step step = prepared ? part.prepared() : part.blocking();
    return exercise.isOneSided() ? together(step, prepared) : step;
  }

  /** Else those that need not wait for others would begin the next ones already. */
  private Step together(Step step, boolean prepared) {
    RankPart barrier = new RankPart(world, Exercise.BARRIER, 0, arena);
    Step end = prepared ? barrier.prepared() : barrier.blocking();
    return () -> {
      step.run();
      end.run();
    };
  }
}
