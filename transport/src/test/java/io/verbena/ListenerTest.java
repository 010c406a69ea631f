package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.TransportException.Kind;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** Listeners that are closed while something is under way, and strangers who keep them busy. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class ListenerTest {
  private static final TransportConfig CONFIG = TransportConfig.defaults().withRdma(RdmaMode.OFF);

  /** More cannot be in a handshake at a time. */
  private static final int MAX_HANDSHAKES = 128;

  private static final long PATIENCE_SECONDS = 20;

  private final AtomicInteger closings = new AtomicInteger();

  private Listener listener(Listener.Acceptor acceptor) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open().bind(EndpointPair.anyPort());
    return new Listener(server, acceptor, Duration.ofSeconds(1), _ -> closings.incrementAndGet());
  }

  private static Socket connectTo(Listener listener) throws IOException {
    var socket = new Socket(listener.address().getAddress(), listener.address().getPort());
    socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
    return socket;
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a handshake uses may be freed once close has returned, whoever called it. */
  @Test
  void shouldReturnFromASecondCloseOnlyWhenHandshakesHaveEnded() throws Exception {
    var shaking = new CountDownLatch(1);
    var mayEnd = new CountDownLatch(1);
    Listener listener =
        listener(
            channel -> {
              shaking.countDown();
              await(mayEnd);
              throw new IOException("it has ended");
            });
    try (Socket client = connectTo(listener)) {
      assertTrue(client.isConnected());
      await(shaking);
      Thread first = Thread.ofPlatform().start(listener::close);
      while (!isClosed(listener)) {
        Thread.sleep(1);
      }
      Thread second = Thread.ofPlatform().start(listener::close);
      assertFalse(second.join(Duration.ofMillis(300)), "the second close does not wait");
      assertTrue(first.isAlive());
      mayEnd.countDown();
      assertTrue(first.join(Duration.ofSeconds(PATIENCE_SECONDS)));
      assertTrue(second.join(Duration.ofSeconds(PATIENCE_SECONDS)));
    }
    assertEquals(1, closings.get());
  }

  private static boolean isClosed(Listener listener) {
    var failure =
        assertThrows(TransportException.class, () -> listener.accept(Duration.ofMillis(1)));
    return failure.kind() == Kind.CLOSED;
  }

  @Test
  void shouldCutOffAPeerWhoseHandshakeFailsInAWayThatNobodyThoughtOf() throws Exception {
    try (Listener listener =
            listener(
                channel -> {
                  throw new IllegalStateException("the test's defect");
                });
        Socket client = connectTo(listener)) {
      assertEquals(-1, client.getInputStream().read());
    }
  }

  /** The thread that accepts waits for one of them to end. */
  @Test
  void shouldCloseThoughStrangersTakeAllPlaces() throws Exception {
    var shaking = new Semaphore(0);
    Listener listener = listener(channel -> readForever(channel, shaking));
    List<Socket> strangers = new ArrayList<>();
    try {
      for (int i = 0; i <= MAX_HANDSHAKES; i++) {
        strangers.add(connectTo(listener));
      }
      assertTrue(shaking.tryAcquire(MAX_HANDSHAKES, PATIENCE_SECONDS, TimeUnit.SECONDS));
      assertFalse(shaking.tryAcquire(100, TimeUnit.MILLISECONDS), "not all places are taken");
      CompletableFuture.runAsync(listener::close).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } finally {
      for (Socket each : strangers) {
        each.close();
      }
    }
  }

  private static Endpoint readForever(SocketChannel channel, Semaphore shaking) throws IOException {
    shaking.release();
    int read = channel.read(ByteBuffer.allocate(1));
    throw new IOException("somebody sent " + read + " bytes");
  }

  @Test
  void shouldNotWaitLongForAHello() throws Exception {
    TransportConfig patient = CONFIG.withConnectTimeout(Duration.ofSeconds(10));
    try (Transport transport = Transport.open(patient);
        Listener listener = transport.listen(EndpointPair.anyPort());
        Socket silent = connectTo(listener)) {
      long start = System.nanoTime();
      assertEquals(-1, silent.getInputStream().read());
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      assertTrue(millis < 6000, "cut off after " + millis + " ms");
    }
  }

  /** Callers that do not poll leave each goodbye without an answer: about a second each. */
  @Test
  void shouldNotAddUpTheGoodbyesToThoseWhomNobodyAccepted() throws Exception {
    int count = 6;
    try (Transport calling = Transport.open(CONFIG.withProgress(Progress.CALLER));
        Transport transport = Transport.open(CONFIG)) {
      Listener listener = transport.listen(EndpointPair.anyPort());
      List<Endpoint> callers = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        callers.add(calling.connect(listener.address()));
      }
      awaitEndpoints(transport, count);
      long start = System.nanoTime();
      listener.close();
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      assertTrue(millis < 3000, "it took " + millis + " ms");
      assertEquals(0, transport.counters().openEndpoints());
      for (Endpoint each : callers) {
        var end = assertThrows(TransportException.class, () -> each.receive(Duration.ofSeconds(5)));
        assertEquals(Kind.PEER_CLOSED, end.kind(), end.getMessage());
      }
    }
  }

  /** Those that were accepted need not wait until the others have said goodbye, or after them. */
  @Test
  void shouldSayGoodbyeToTheAcceptedAndTheOthersAtATime() throws Exception {
    try (Transport calling = Transport.open(CONFIG.withProgress(Progress.CALLER))) {
      Transport transport = Transport.open(CONFIG);
      Listener listener = transport.listen(EndpointPair.anyPort());
      calling.connect(listener.address());
      Endpoint accepted = listener.accept();
      calling.connect(listener.address());
      awaitEndpoints(transport, 2);
      Thread closing = Thread.ofPlatform().start(transport::close);
      while (accepted.state() == EndpointState.OPEN) {
        Thread.sleep(1);
      }
      // The other one's goodbye takes a second.
      assertEquals(2, transport.counters().openEndpoints());
      assertTrue(closing.join(Duration.ofSeconds(PATIENCE_SECONDS)));
      assertEquals(0, transport.counters().openEndpoints());
    }
  }

  private static void awaitEndpoints(Transport transport, int count) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (transport.counters().openEndpoints() < count) {
      assertTrue(System.nanoTime() - deadline < 0, "too few endpoints were made");
      Thread.sleep(1);
    }
  }

  @Test
  void shouldLeaveNoListenerBehindThatIsMadeBesideClose() throws Exception {
    for (int round = 0; round < 20; round++) {
      var transport = Transport.open(CONFIG);
      List<Listener> made = new ArrayList<>();
      var some = new CountDownLatch(3);
      var listening = CompletableFuture.supplyAsync(() -> listenOnAndOn(transport, made, some));
      await(some);
      transport.close();
      assertEquals(Kind.CLOSED, listening.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
      for (Listener each : made) {
        assertTrue(isClosed(each), "round " + round);
      }
    }
  }

  /** Until it fails. */
  private static Kind listenOnAndOn(Transport transport, List<Listener> made, CountDownLatch some) {
    try {
      while (true) {
        made.add(transport.listen(EndpointPair.anyPort()));
        some.countDown();
      }
    } catch (TransportException e) {
      return e.kind();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
