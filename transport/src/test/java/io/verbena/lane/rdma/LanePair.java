package io.verbena.lane.rdma;

import io.verbena.memory.BufferPoolConfig;
import io.verbena.memory.RegisteredByteBufAllocator;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** Two adapters in one process, with any number of lanes between them. */
final class LanePair implements AutoCloseable {
  static final int WINDOW = 32;
  static final int DEPTH = 128;
  static final Duration PATIENCE = Duration.ofSeconds(60);

  /** One side. */
  static final class Side implements AutoCloseable {
    final RdmaAdapter adapter;
    private final RdmaAdapters adapters;
    final RegisteredByteBufAllocator buffers;

    Side() throws IOException {
      adapters =
          RdmaAdapters.open(
              new RdmaPins(
                  Optional.empty(), OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty()));
      adapter = adapters.all().getFirst();
      buffers =
          RegisteredByteBufAllocator.readableByPeers(adapter.domain(), BufferPoolConfig.defaults());
      adapter.hub().useBuffers(buffers);
    }

    RdmaSurvey.Offered offer() {
      return adapters.offer(InetAddress.getLoopbackAddress(), "lo");
    }

    RdmaPath path() throws IOException {
      RdmaCandidate first = offer().candidates().getFirst();
      return adapters.path(first, first.pkeys().getFirst());
    }

    @Override
    public void close() {
      buffers.close();
      adapters.close();
    }
  }

  /** Both ends of a connection. */
  record Lanes(RdmaLane near, RdmaLane far) {}

  final Side near = new Side();
  final Side far = new Side();
  private final List<RdmaLane> open = new ArrayList<>();
  private final List<SocketChannel> farChannels = new ArrayList<>();

  LanePair() throws IOException {}

  /** Connects two lanes, proven as the handshake does. */
  Lanes connect() throws IOException {
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      SocketChannel nearChannel = SocketChannel.open(server.getLocalAddress());
      SocketChannel farChannel = server.accept();
      Lanes lanes = join(nearChannel, farChannel);
      RdmaLane mine = lanes.near();
      RdmaLane theirs = lanes.far();
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      var probing = CompletableFuture.supplyAsync(() -> String.valueOf(theirs.probe(deadline)));
      String problem = mine.probe(deadline) + " " + probing.join();
      if (!"null null".equals(problem)) {
        throw new IOException(problem);
      }
      nearChannel.configureBlocking(false);
      farChannel.configureBlocking(false);
      farChannels.add(farChannel);
      return lanes;
    }
  }

  /** The TCP connection beside the queue pair that was connected as the n-th, from 0. */
  SocketChannel farChannel(int number) {
    return farChannels.get(number);
  }

  /** Connects two lanes whose TCP connection is there; nothing was sent over them yet. */
  Lanes join(SocketChannel nearChannel, SocketChannel farChannel) throws IOException {
    RdmaLane mine = RdmaLane.create(near.path(), nearChannel, WINDOW, DEPTH);
    open.add(mine);
    RdmaLane theirs = RdmaLane.create(far.path(), farChannel, WINDOW, DEPTH);
    open.add(theirs);
    RdmaOffer offer = mine.offer();
    mine.connect(theirs.offer());
    theirs.connect(offer);
    return new Lanes(mine, theirs);
  }

  /** Does something under a lane's lock. */
  static boolean locked(RdmaLane lane, BooleanSupplier action) {
    lane.lock().lock();
    try {
      return action.getAsBoolean();
    } finally {
      lane.lock().unlock();
    }
  }

  /** Polls lanes until something is so. */
  static void until(BooleanSupplier done, Runnable poll) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!done.getAsBoolean()) {
      if (System.nanoTime() - deadline >= 0) {
        throw new AssertionError("it did not happen in time");
      }
      poll.run();
    }
  }

  @Override
  public void close() {
    open.forEach(RdmaLane::close);
    near.close();
    far.close();
  }
}
