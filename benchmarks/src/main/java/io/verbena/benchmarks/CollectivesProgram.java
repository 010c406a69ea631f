package io.verbena.benchmarks;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import io.verbena.collective.CollectiveOperation;
import io.verbena.collective.Communicator;
import io.verbena.collective.Elements;
import io.verbena.collective.Reduction;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A rank that measures collectives over TCP: connects to the port of the loopback address that the
 * argument names, says its rank, then does a batch for each line {@code NAME:BYTES:REPEATS} that
 * comes from there and answers with the microseconds that one of them took. What it does is what
 * {@code collectives.c} does with MPI.
 */
final class CollectivesProgram {
  private static final int WINDOW = 64;
  private static final int LEAD_IN = 5;
  private static final double NANOS_PER_MICRO = 1000;

  /** One thing, done once by a rank. */
  private interface Step {
    void run() throws IOException;
  }

  private final Communicator world;
  private final Arena arena;
  private final Map<String, Step> steps = new HashMap<>();

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
    Step step =
        steps.computeIfAbsent(ask[0] + ' ' + ask[1], _ -> step(ask[0], Integer.parseInt(ask[1])));
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

  private Step step(String name, int bytes) {
    boolean numbers = name.contains("reduce") || name.equals("scan");
    var layout = numbers ? ValueLayout.JAVA_FLOAT : ValueLayout.JAVA_BYTE;
    Elements in = Elements.of(arena.allocate(bytes, 64), layout);
    Elements out = Elements.of(arena.allocate(bytes, 64), layout);
    Elements allIn = Elements.of(arena.allocate((long) bytes * world.size(), 64), layout);
    Elements allOut = Elements.of(arena.allocate((long) bytes * world.size(), 64), layout);
    var prepare = world.preparing();
    return switch (name) {
      case "latency" -> latency(in, out);
      case "stream" -> stream(in, out);
      case "barrier" -> prepared(prepare.barrier());
      case "all-reduce" -> prepared(prepare.allReduce(in, out, Reduction.SUM));
      case "scan" -> together(prepare.scan(in, out, Reduction.SUM));
      case "all-gather" -> prepared(prepare.allGather(in, allOut));
      case "all-to-all" -> prepared(prepare.allToAll(allIn, allOut));
      case "reduce-scatter" -> prepared(prepare.reduceScatter(allIn, out, Reduction.SUM));
      case "broadcast" -> together(prepare.broadcast(in, 0));
      case "reduce" -> together(prepare.reduce(in, atRoot(out), Reduction.SUM, 0));
      case "gather" -> together(prepare.gather(in, atRoot(allOut), 0));
      case "scatter" -> together(prepare.scatter(atRoot(allIn), out, 0));
      default -> throw new IllegalArgumentException("unknown: " + name);
    };
  }

  private Elements atRoot(Elements elements) {
    return world.rank() == 0 ? elements : Elements.none();
  }

  private static Step prepared(CollectiveOperation operation) {
    return () -> operation.start().await();
  }

  /** Else those that need not wait for others would begin the next ones already. */
  private Step together(CollectiveOperation operation) {
    CollectiveOperation barrier = world.preparing().barrier();
    return () -> {
      operation.start().await();
      barrier.start().await();
    };
  }

  private Step latency(Elements in, Elements out) {
    return switch (world.rank()) {
      case 0 ->
          () -> {
            world.send(in, 1, 1);
            world.receive(out, 1, 1);
          };
      case 1 ->
          () -> {
            world.receive(out, 0, 1);
            world.send(in, 0, 1);
          };
      default -> () -> {};
    };
  }

  private Step stream(Elements in, Elements out) {
    if (world.rank() > 1) {
      return () -> {};
    }
    boolean sends = world.rank() == 0;
    Elements word = Elements.of(new byte[1]);
    CollectiveOperation[] window = new CollectiveOperation[WINDOW];
    for (int i = 0; i < WINDOW; i++) {
      window[i] = sends ? world.prepareSend(in, 1, 2) : world.prepareReceive(out, 0, 2);
    }
    return () -> {
      for (CollectiveOperation each : window) {
        each.start();
      }
      for (CollectiveOperation each : window) {
        each.await();
      }
      if (sends) {
        world.receive(word, 1, 3);
      } else {
        world.send(word, 0, 3);
      }
    };
  }
}
