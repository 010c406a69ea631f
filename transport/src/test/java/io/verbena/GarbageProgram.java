package io.verbena;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Sends messages in rounds, and prints how many bytes of heap a round allocates at least for each
 * thousand messages, on all threads of the process together. A process of its own: what ran before
 * in a JVM decides how well it compiles what runs later.
 */
final class GarbageProgram {
  private static final int LAST = -1;
  private static final int SHORT = 64;

  /** More than one frame takes, and more than is copied. */
  private static final int LONG = 100_000;

  private static final int MOST_ROUNDS = 40;
  private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** Where processors are scarce, threads that wake each other may take milliseconds each time. */
  private static final int STREAMED_FOR_A_PING = 5;

  /** For what the transports' threads do ten times a second, however few messages there are. */
  private static final int BYTES_BY_THE_CLOCK = 2048;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final Endpoint near;
  private final Endpoint far;
  private final ByteBufAllocator nearBuffers;
  private final ByteBufAllocator farBuffers;
  private final ExecutorService other;

  /** A thousand messages that leave less are good. */
  private final int bound;

  /** One side's part of a round. */
  private interface Part {
    void run() throws TransportException;
  }

  private GarbageProgram(EndpointPair pair, ExecutorService other, int bound) {
    this.near = pair.client;
    this.far = pair.server;
    this.nearBuffers = pair.clientTransport.allocator();
    this.farBuffers = pair.serverTransport.allocator();
    this.other = other;
    this.bound = bound;
  }

  /**
   * Prints a line for each kind of conversation: its name and the bytes of a thousand messages.
   *
   * @param args whether RDMA is used, who moves the data, short and long messages in a round, and
   *     how many bytes of a thousand messages are too many
   */
  public static void main(String... args) throws Exception {
    TransportConfig config =
        EndpointPair.PATIENT
            .withRdma(RdmaMode.valueOf(args[0]))
            .withProgress(Progress.valueOf(args[1]));
    int count = Integer.parseInt(args[2]);
    try (var pair = EndpointPair.withoutPollers(config);
        ExecutorService other = Executors.newSingleThreadExecutor()) {
      var program = new GarbageProgram(pair, other, Integer.parseInt(args[4]));
      program.pingPong(count / STREAMED_FOR_A_PING);
      program.stream("short", SHORT, count);
      program.stream("long", LONG, Integer.parseInt(args[3]));
    }
  }

  private void pingPong(int count) throws Exception {
    leastOfRounds(
        "ping-pong",
        count,
        () -> {
          for (int i = 0; i < count; i++) {
            near.send(message(nearBuffers, SHORT, i));
            take(near, i);
          }
        },
        () -> {
          for (int i = 0; i < count; i++) {
            far.send(far.receive());
          }
        });
  }

  private void stream(String name, int bytes, int count) throws Exception {
    leastOfRounds(
        name,
        count,
        () -> {
          for (int i = 0; i < count; i++) {
            near.send(message(nearBuffers, bytes, i));
          }
          take(near, LAST);
        },
        () -> {
          for (int i = 0; i < count; i++) {
            take(far, i);
          }
          far.send(message(farBuffers, SHORT, LAST));
        });
  }

  private static ByteBuf message(ByteBufAllocator buffers, int bytes, long value) {
    return buffers.directBuffer(bytes).writeLong(value).writerIndex(bytes);
  }

  private static void take(Endpoint endpoint, long value) throws TransportException {
    ByteBuf message = endpoint.receive();
    if (message.readLong() != value) {
      throw new IllegalStateException("not the message that is due");
    }
    message.release();
  }

  /** Goes on until everything is compiled, and others have let both sides have the processors. */
  private void leastOfRounds(String name, int count, Part here, Part there)
      throws IOException, InterruptedException, ExecutionException {
    long least = Long.MAX_VALUE;
    long start = System.nanoTime();
    int round = 0;
    while (least >= bound && round < MOST_ROUNDS && System.nanoTime() - start < MOST_NANOS) {
      long began = System.nanoTime();
      long before = threads.getTotalThreadAllocatedBytes();
      Future<?> over =
          other.submit(
              () -> {
                there.run();
                return null;
              });
      here.run();
      over.get();
      long bytes = threads.getTotalThreadAllocatedBytes() - before;
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
      long byTheClock = BYTES_BY_THE_CLOCK * millis / 1000;
      least = Math.min(least, Math.max(0, bytes - byTheClock) * 1000 / count);
      round++;
    }
    System.out.println(name + ' ' + least + " in round " + round);
  }
}
