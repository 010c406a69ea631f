package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.verbena.TransportException.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Peers that are silent: which of them are given up, and when. */
@Timeout(180)
abstract class KeepaliveContract {
  static final Duration KEEPALIVE = Duration.ofSeconds(1);

  /** Long enough to be given up where silence counts. */
  static final long LONG_MILLIS = 2500;

  /** A peer that is given up in time is so before that. */
  static final long MOST_MILLIS = 4000;

  final List<AutoCloseable> opened = new ArrayList<>();

  abstract RdmaMode mode();

  TransportConfig config(Duration keepalive) {
    return EndpointPair.PATIENT
        .withRdma(mode())
        .withKeepalive(keepalive)
        .withCloseTimeout(Duration.ofMillis(500));
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
  }

  /** A peer of its own process: sends back what it receives from both ports that it is told. */
  static final class Peer {
    private Peer() {}

    /** Runs until it is killed. */
    public static void main(String... args) throws IOException {
      Transport transport =
          Transport.open(
              EndpointPair.PATIENT
                  .withRdma(RdmaMode.valueOf(args[0]))
                  .withKeepalive(Duration.parse(args[1])));
      for (int i = 2; i < args.length; i++) {
        Endpoint endpoint =
            transport.connect(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[i])));
        Thread.ofPlatform().start(() -> serve(endpoint));
      }
    }

    private static void serve(Endpoint endpoint) {
      try {
        while (true) {
          endpoint.send(endpoint.receive(Duration.ofMinutes(5)));
        }
      } catch (TransportException e) {
        System.err.println("peer: " + e.getMessage());
      }
    }
  }

  private Process start(Duration keepalive, Listener... listeners) throws IOException {
    List<String> args = new ArrayList<>(List.of(mode().name(), keepalive.toString()));
    for (Listener each : listeners) {
      args.add(Integer.toString(each.address().getPort()));
    }
    Process peer = ChildJvm.of(Peer.class, args.toArray(String[]::new)).start();
    opened.add(peer::destroyForcibly);
    return peer;
  }

  Transport open(Duration keepalive) throws IOException {
    Transport transport = Transport.open(config(keepalive));
    opened.add(transport);
    return transport;
  }

  private Listener listen(Duration keepalive) throws IOException {
    return open(keepalive).listen(EndpointPair.anyPort());
  }

  private static void signal(Process peer, String name) throws Exception {
    var kill = new ProcessBuilder("kill", "-" + name, Long.toString(peer.pid())).start();
    assertEquals(0, kill.waitFor());
  }

  private static void stop(Process peer) throws Exception {
    signal(peer, "STOP");
    // "pid (name) state": the fault has happened.
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!Files.readString(Path.of("/proc", Long.toString(peer.pid()), "stat"))
        .contains(") T ")) {
      assertTrue(System.nanoTime() - deadline < 0, "the peer does not stop");
      Thread.sleep(5);
    }
  }

  private static void echo(Endpoint endpoint) throws IOException {
    endpoint.send(EndpointPair.number(7));
    ByteBuf back = endpoint.receive(Duration.ofSeconds(30));
    assertEquals(7, back.readLong());
    back.release();
  }

  /** Its adapter and its kernel still take what is sent: only its program does not answer. */
  @Test
  void shouldGiveUpAStoppedPeerInTimeButNotWhereSilenceMeansNothing() throws Exception {
    Listener caring = listen(KEEPALIVE);
    Listener careless = listen(Duration.ZERO);
    // The peer itself does not ask, and says nothing by itself.
    Process peer = start(Duration.ZERO, caring, careless);
    Endpoint watched = caring.accept(Duration.ofSeconds(90));
    Endpoint unwatched = careless.accept(Duration.ofSeconds(90));
    echo(watched);
    echo(unwatched);
    stop(peer);
    long stopped = System.nanoTime();
    var lost =
        assertThrows(
            TransportException.class, () -> watched.receive(Duration.ofMillis(4 * MOST_MILLIS)));
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - stopped);
    assertEquals(Kind.PEER_LOST, lost.kind(), lost.getMessage());
    assertTrue(lost.getMessage().contains("said nothing"), lost.getMessage());
    assertTrue(millis <= MOST_MILLIS, "it took " + millis + " ms");
    Thread.sleep(Math.max(0, LONG_MILLIS - millis));
    assertEquals(EndpointState.OPEN, unwatched.state());
    signal(peer, "CONT");
    echo(unwatched);
  }

  /** That it takes no more of ours is no reason to wait for it. */
  @Test
  void shouldGiveUpAStoppedPeerThatHasNoRoomForMore() throws Exception {
    Listener listener = listen(KEEPALIVE);
    Process peer = start(Duration.ZERO, listener);
    Endpoint endpoint = listener.accept(Duration.ofSeconds(90));
    echo(endpoint);
    stop(peer);
    long stopped = System.nanoTime();
    fill(endpoint);
    var lost =
        assertThrows(
            TransportException.class, () -> endpoint.receive(Duration.ofMillis(4 * MOST_MILLIS)));
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - stopped);
    assertEquals(Kind.PEER_LOST, lost.kind(), lost.getMessage());
    assertTrue(lost.getMessage().contains("said nothing"), lost.getMessage());
    assertTrue(millis <= MOST_MILLIS, "it took " + millis + " ms");
  }

  /** Sends until nothing has found room for a while. */
  private static void fill(Endpoint endpoint) throws Exception {
    for (int refused = 0; refused < 50; refused++) {
      ByteBuf message = Unpooled.directBuffer(8 << 10).writeZero(8 << 10);
      if (endpoint.trySend(message)) {
        refused = 0;
      } else {
        message.release();
        Thread.sleep(1);
      }
    }
  }

  /** It has promised to answer, but not so soon. */
  @Test
  void shouldGiveAStoppedPeerTheTimeThatItAskedFor() throws Exception {
    Listener hasty = listen(KEEPALIVE);
    Process peer = start(Duration.ofMinutes(5), hasty);
    Endpoint endpoint = hasty.accept(Duration.ofSeconds(90));
    echo(endpoint);
    stop(peer);
    Thread.sleep(LONG_MILLIS);
    assertEquals(EndpointState.OPEN, endpoint.state(), () -> endpoint.cause().toString());
    signal(peer, "CONT");
    echo(endpoint);
  }

  /** When it goes on, its peer has been silent for long, but nobody has asked it. */
  @Test
  void shouldNotGiveUpItsPeerAfterItWasStoppedItself() throws Exception {
    Listener silent = listen(Duration.ZERO);
    Process peer = start(KEEPALIVE, silent);
    Endpoint endpoint = silent.accept(Duration.ofSeconds(90));
    echo(endpoint);
    // It has looked, and has not asked yet.
    Thread.sleep(KEEPALIVE.toMillis() * 3 / 8);
    stop(peer);
    Thread.sleep(LONG_MILLIS);
    signal(peer, "CONT");
    // It looks at the clock several times.
    Thread.sleep(KEEPALIVE.toMillis());
    assertEquals(EndpointState.OPEN, endpoint.state(), () -> endpoint.cause().toString());
    echo(endpoint);
  }

  @Test
  @SuppressWarnings("ThreadPriorityCheck") // It is to be unfair.
  void shouldNotGiveUpAPeerThatIsBusyWithSomethingElse() throws Exception {
    var pair = new EndpointPair(config(KEEPALIVE));
    opened.add(pair);
    var busy = new AtomicBoolean(true);
    List<Thread> spinning = new ArrayList<>();
    for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
      spinning.add(
          Thread.ofPlatform()
              .daemon()
              .start(
                  () -> {
                    while (busy.get()) {
                      Thread.onSpinWait();
                    }
                  }));
    }
    Thread.sleep(LONG_MILLIS);
    busy.set(false);
    spinning.forEach(Threads::joinUninterruptibly);
    assertEquals(EndpointState.OPEN, pair.client.state(), () -> pair.client.cause().toString());
    assertEquals(EndpointState.OPEN, pair.server.state(), () -> pair.server.cause().toString());
    pair.client.send(EndpointPair.number(1));
    pair.server.receive().release();
  }

  /** It cannot answer, and has heard nothing itself: neither is a reason to give somebody up. */
  @Test
  void shouldNotGiveUpACallerThatDoesNotPollNorHaveItGiveUpItsPeer() throws Exception {
    Listener listener = listen(KEEPALIVE);
    Transport calling = Transport.open(config(KEEPALIVE).withProgress(Progress.CALLER));
    opened.add(calling);
    Endpoint caller = calling.connect(listener.address());
    Endpoint endpoint = listener.accept();
    Thread.sleep(LONG_MILLIS);
    assertEquals(EndpointState.OPEN, endpoint.state(), () -> endpoint.cause().toString());
    long end = System.nanoTime() + KEEPALIVE.toNanos() / 2;
    while (System.nanoTime() - end < 0) {
      caller.poll();
    }
    assertEquals(EndpointState.OPEN, caller.state(), () -> caller.cause().toString());
    caller.send(EndpointPair.number(3));
    endpoint.receive().release();
  }
}
