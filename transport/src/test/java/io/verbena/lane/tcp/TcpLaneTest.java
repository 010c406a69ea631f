package io.verbena.lane.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.verbena.lane.Frame;
import io.verbena.lane.LaneEvents;
import io.verbena.lane.LaneFailure;
import io.verbena.memory.MemoryDomain;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a lane does when its connection fails in one direction. */
@Timeout(60)
class TcpLaneTest {
  /** With one of these and a part of the next one, what a lane reads at once is full. */
  private static final int LONG = 80_000;

  private static final int COUNT = 3;

  private static final int LIMIT = 64;

  private final MemoryDomain memory = new MemoryDomain(null);
  private final SocketChannel peer = open();
  private SocketChannel channel = peer;
  private TcpLane lane = lane(peer);

  private static SocketChannel open() {
    try {
      return SocketChannel.open(StandardProtocolFamily.INET);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private TcpLane lane(SocketChannel of) {
    return new TcpLane(of, new Chunks(), memory, 4, false);
  }

  @BeforeEach
  void connect() throws IOException {
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.INET)) {
      server.setOption(StandardSocketOptions.SO_RCVBUF, 4 * COUNT * LONG);
      server.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
      peer.connect(server.getLocalAddress());
      channel = server.accept();
    }
    channel.configureBlocking(false);
    lane = lane(channel);
  }

  @AfterEach
  void close() throws IOException {
    lane.close();
    peer.close();
    memory.close();
  }

  /** Counts what comes before the end. */
  private static final class Events implements LaneEvents {
    private final List<Byte> seen = new ArrayList<>();
    private final List<LaneFailure> down = new ArrayList<>();
    private final ByteBuffer target = ByteBuffer.allocate(LONG);

    @Override
    public void frame(Frame header, ByteBuffer payload) {
      assertEquals(LONG, payload.remaining());
      seen.add(payload.get(payload.position()));
    }

    @Override
    public ByteBuffer target(Frame header, ByteBuffer there) {
      return target.clear().put(there);
    }

    @Override
    public void arrived(Frame header, @Nullable RuntimeException unusable) {
      assertNull(unusable);
      assertFalse(target.hasRemaining());
      seen.add(target.get(0));
    }

    @Override
    public void completed(long cookie, long result, @Nullable LaneFailure failure) {
      throw new IllegalStateException("nothing was asked");
    }

    @Override
    public void down(LaneFailure cause) {
      down.add(cause);
    }
  }

  private static ByteBuffer frame(int number) {
    var header = new Frame();
    header.type = Frame.DATA;
    header.flags = Frame.FIRST | Frame.LAST;
    header.sequence = number;
    header.length = LONG;
    ByteBuffer bytes = ByteBuffer.allocate(Frame.BYTES + LONG);
    header.write(bytes, 0);
    return bytes.put(Frame.BYTES, (byte) number);
  }

  /** Bytes that have arrived at a socket and that nobody has read, as the kernel counts them. */
  private long unread(SocketChannel of) throws IOException {
    var local = (InetSocketAddress) of.getLocalAddress();
    var remote = (InetSocketAddress) of.getRemoteAddress();
    for (String line : Files.readAllLines(Path.of("/proc/self/net/tcp"))) {
      // "number: address:port address:port state sending:receiving ..."
      String[] words = line.trim().split("\\s+", -1);
      if (words[1].endsWith(":%04X".formatted(local.getPort()))
          && words[2].endsWith(":%04X".formatted(remote.getPort()))) {
        return Long.parseLong(words[4].substring(words[4].indexOf(':') + 1), 16);
      }
    }
    return 0;
  }

  @Test
  void shouldDeliverWhatHasArrivedThoughNothingCanBeSentAnyMore() throws Exception {
    for (int i = 0; i < COUNT; i++) {
      ByteBuffer bytes = frame(i);
      while (bytes.hasRemaining()) {
        peer.write(bytes);
      }
    }
    long all = (long) COUNT * (Frame.BYTES + LONG);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (unread(channel) < all) {
      assertTrue(System.nanoTime() - deadline < 0, "has arrived: " + unread(channel));
      TimeUnit.MILLISECONDS.sleep(1);
    }
    channel.shutdownOutput();
    var ping = new Frame();
    ping.type = Frame.PING;
    assertTrue(lane.trySend(ping, Unpooled.EMPTY_BUFFER, 0));

    var events = new Events();
    while (events.down.isEmpty()) {
      assertTrue(System.nanoTime() - deadline < 0, "the failure is not told");
      lane.poll(events, LIMIT);
    }
    assertEquals(List.of((byte) 0, (byte) 1, (byte) 2), events.seen);
    assertEquals(LaneFailure.Kind.PEER_LOST, events.down.getFirst().kind());
    assertTrue(
        events.down.getFirst().text().startsWith("the connection failed"),
        events.down.getFirst().text());
  }
}
