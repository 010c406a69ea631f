package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.lane.Frame;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Who moves a TCP lane's data changes all the time, between its thread and callers that wait: what
 * one of them leaves behind, the other has to see. Each of these stood still once, sooner or later.
 */
@Timeout(120)
class TcpStallTest {
  private static final int BYTES = 32 << 20;
  private static final int MESSAGES = 500;
  private static final Duration ENOUGH = Duration.ofSeconds(3);

  /** An operation that stands still ends the endpoint after this time. */
  private static final Duration PATIENCE = Duration.ofSeconds(4);

  private static final TransportConfig CONFIG =
      EndpointPair.PATIENT.withRdma(RdmaMode.OFF).withOperationTimeout(PATIENCE);

  private EndpointPair pair;

  @BeforeEach
  void connect() throws IOException {
    pair = new EndpointPair(CONFIG);
  }

  @AfterEach
  void disconnect() {
    pair.close();
  }

  private void readFor(Duration time, boolean afterMessages) throws IOException {
    RemoteMemory granted = pair.serverTransport.allocate(BYTES).grant(RemoteAccess.READ);
    RegisteredMemory local = pair.clientTransport.allocate(BYTES);
    long end = System.nanoTime() + time.toNanos();
    int rounds = 0;
    do {
      if (afterMessages) {
        pair.client.send(EndpointPair.number(rounds));
      }
      assertEquals(0, pair.client.read(local, 0, granted, 0, BYTES).await());
      rounds++;
    } while (System.nanoTime() - end < 0);
  }

  @Test
  void shouldServeLongReads() throws IOException {
    readFor(ENOUGH, false);
  }

  /** Such a caller reads for itself while it waits: requests come to it, whose answers are long. */
  @Test
  void shouldServeLongReadsWhileACallerWaitsForMessages() throws Exception {
    var taking =
        MessageContract.async(
            () -> {
              while (true) {
                pair.server.receive(Duration.ofSeconds(60)).release();
              }
            });
    readFor(ENOUGH, true);
    pair.client.close();
    // It ends with the peer.
    taking.handle((nothing, end) -> end).get();
  }

  /**
   * More than a caller takes in at once, and all of it is read from the socket by the caller, since
   * the transport's thread is held up meanwhile: the rest comes though the caller waits no more.
   */
  @Test
  void shouldBringWhatACallerLeavesBehind() throws Exception {
    var held = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    try (Listener listener = pair.serverTransport.listen(EndpointPair.anyPort());
        RawPeer peer = RawPeer.connect(listener.address());
        Endpoint endpoint = listener.accept()) {
      // From then on the thread looks after this endpoint when something comes, and else not.
      peer.write(numbers(0, 1));
      assertNumberWithoutPolling(endpoint, 0);
      pair.server.handle(
          (from, message) -> {
            message.release();
            held.countDown();
            goOn.await();
          });
      pair.client.send(EndpointPair.number(0));
      held.await();
      // In one piece: only a whole one is sure to be read at once.
      peer.write(numbers(1, MESSAGES));
      receiveWhileTheThreadIsBusy(endpoint).release();
      assertTrue(endpoint.counters().messagesReceived() < MESSAGES, "nothing is left behind");
      goOn.countDown();
      for (int i = 2; i < MESSAGES; i++) {
        assertNumberWithoutPolling(endpoint, i);
      }
    } finally {
      goOn.countDown();
    }
  }

  /** Nobody wakes the caller: it finds what is there when it begins to wait. */
  private static ByteBuf receiveWhileTheThreadIsBusy(Endpoint endpoint) throws TransportException {
    for (int attempt = 0; attempt < 100; attempt++) {
      try {
        return endpoint.receive(Duration.ofMillis(50));
      } catch (TransportException e) {
        // What was written has not arrived yet.
        assertEquals(TransportException.Kind.TIMEOUT, e.kind(), e.getMessage());
      }
    }
    throw new AssertionError("nothing comes");
  }

  private static byte[] numbers(int from, int to) {
    ByteBuffer bytes = ByteBuffer.allocate((to - from) * (Frame.BYTES + Long.BYTES));
    var header = new Frame();
    header.type = Frame.DATA;
    header.flags = Frame.FIRST | Frame.LAST;
    header.length = Long.BYTES;
    header.detail = Long.BYTES;
    header.credit = RawPeer.WINDOW;
    for (int i = from; i < to; i++) {
      header.sequence = i;
      header.write(bytes, bytes.position());
      bytes.position(bytes.position() + Frame.BYTES).putLong(i);
    }
    return bytes.array();
  }

  /** As somebody with a thread of the transport may. */
  private static void assertNumberWithoutPolling(Endpoint endpoint, long number)
      throws IOException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    ByteBuf next = endpoint.tryReceive();
    while (next == null && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(50_000);
      next = endpoint.tryReceive();
    }
    assertNotNull(next, "message " + number + " does not come");
    assertEquals(number, next.readLong());
    next.release();
  }
}
