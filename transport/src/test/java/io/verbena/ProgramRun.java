package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.verbena.ProgramSide.Ended;
import io.verbena.RandomProgram.Step;
import io.verbena.memory.RegisteredByteBufAllocator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Runs random programs, each over a connection of its own, on transports that stay. */
final class ProgramRun implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 60;

  /** What both sides of a shape use, opened with its first program. */
  private record Transports(
      TransportConfig clientConfig,
      TransportConfig serverConfig,
      Transport client,
      Transport server,
      Listener listener) {}

  private final TransportConfig clientConfig;
  private final TransportConfig serverConfig;
  private final Map<Boolean, Transports> opened = new HashMap<>();

  ProgramRun(TransportConfig clientConfig, TransportConfig serverConfig) {
    this.clientConfig = clientConfig;
    this.serverConfig = serverConfig;
  }

  private static TransportConfig shaped(TransportConfig config, boolean small) {
    return small ? config.withReceiveBufferBytes(20_000).withReceiveWindow(4) : config;
  }

  private Transports transports(boolean small) throws IOException {
    Transports known = opened.get(small);
    if (known == null) {
      TransportConfig clients = shaped(clientConfig, small);
      TransportConfig servers = shaped(serverConfig, small);
      Transport server = Transport.open(servers);
      known =
          new Transports(
              clients,
              servers,
              Transport.open(clients),
              server,
              server.listen(EndpointPair.anyPort()));
      opened.put(small, known);
    }
    return known;
  }

  @Override
  public void close() {
    for (Transports each : opened.values()) {
      each.client.close();
      each.server.close();
    }
    opened.clear();
  }

  /** Throws what is wrong with the program's outcome. */
  void run(RandomProgram program) throws Exception {
    var shape = program.shape();
    Transports on = transports(shape.small());
    try (Endpoint client = on.client.connect(on.listener.address());
        Endpoint server = on.listener.accept()) {
      boolean threads = shape.threads();
      Runnable pumpClient = pump(on.clientConfig, client);
      Runnable pumpServer = pump(on.serverConfig, server);
      Runnable both =
          () -> {
            pumpClient.run();
            pumpServer.run();
          };
      var clientsPeer = new ProgramSide[1];
      var serversPeer = new ProgramSide[1];
      var clientSide =
          new ProgramSide(
              "client",
              on.client,
              on.clientConfig,
              client,
              new ProgramMemory(on.client, on.server, server),
              shape.clientHandles(),
              threads,
              threads || on.serverConfig.progress() == Progress.THREAD,
              threads ? pumpClient : both,
              clientsPeer);
      var serverSide =
          new ProgramSide(
              "server",
              on.server,
              on.serverConfig,
              server,
              new ProgramMemory(on.server, on.client, client),
              shape.serverHandles(),
              threads,
              threads || on.clientConfig.progress() == Progress.THREAD,
              threads ? pumpServer : both,
              serversPeer);
      clientsPeer[0] = serverSide;
      serversPeer[0] = clientSide;
      ProgramSide ender = shape.clientEnds() ? clientSide : serverSide;
      ProgramSide other = shape.clientEnds() ? serverSide : clientSide;
      if (threads) {
        runInThreads(program, ender, other);
      } else {
        runInTurns(program, ender, other, clientSide);
      }
      other.endpoint.close();
      ender.checkWhatIsLeft();
      other.checkWhatIsLeft();
    }
    checkBuffers(on.client);
    checkBuffers(on.server);
  }

  private static Runnable pump(TransportConfig config, Endpoint endpoint) {
    return config.progress() == Progress.CALLER ? endpoint::poll : () -> {};
  }

  private static void checkBuffers(Transport transport) {
    if (transport.allocator() instanceof RegisteredByteBufAllocator buffers) {
      assertEquals(0, buffers.metrics().usedBytes(), "a buffer was lost");
    }
  }

  private static void runInTurns(
      RandomProgram program, ProgramSide ender, ProgramSide other, ProgramSide client)
      throws Exception {
    for (Step step : program.steps()) {
      (step.byClient() == (client == ender) ? ender : other).run(step);
    }
    var end = inThread(() -> end(program, ender));
    other.drainToTheEnd();
    end.join();
  }

  private static void end(RandomProgram program, ProgramSide ender) {
    if (program.shape().reset()) {
      ender.resetting = true;
      ender.ending = true;
      ender.endpoint.reset();
    } else {
      ender.ending = true;
      ender.endpoint.close();
    }
  }

  /** A thread for each side; what one of them finds wrong is thrown. */
  private static void runInThreads(RandomProgram program, ProgramSide ender, ProgramSide other)
      throws Exception {
    var first =
        inThread(
            () -> {
              steps(program, ender);
              ender.until("the other side", () -> program.shape().abrupt() || other.done);
              end(program, ender);
            });
    var second =
        inThread(
            () -> {
              steps(program, other);
              other.done = true;
              other.drainToTheEnd();
            });
    Exception wrong = null;
    for (Worker each : List.of(second, first)) {
      try {
        each.join();
      } catch (Exception e) {
        if (wrong == null) {
          wrong = e;
        } else {
          wrong.addSuppressed(e);
        }
        other.done = true;
      }
    }
    if (wrong != null) {
      throw wrong;
    }
  }

  private static void steps(RandomProgram program, ProgramSide side) throws IOException {
    try {
      for (Step step : new ArrayList<>(program.steps())) {
        if (step.byClient() == side.name.equals("client")) {
          side.run(step);
        }
      }
    } catch (Ended e) {
      side.done = true;
    }
  }

  /** Something that may fail. */
  private interface Work {
    void run() throws Exception;
  }

  private static final class Worker {
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile @Nullable Throwable wrong;

    void join() throws Exception {
      if (!over.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("a side does not end");
      }
      Throwable cause = wrong;
      if (cause != null) {
        throw new IllegalStateException(cause.toString(), cause);
      }
    }
  }

  private static Worker inThread(Work work) {
    var worker = new Worker();
    Thread.ofPlatform()
        .daemon()
        .name("program")
        .start(
            () -> {
              try {
                work.run();
              } catch (Throwable e) {
                worker.wrong = e;
              } finally {
                worker.over.countDown();
              }
            });
    return worker;
  }
}
