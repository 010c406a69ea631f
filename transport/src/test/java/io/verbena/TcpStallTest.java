package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.netty.buffer.ByteBuf;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
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

  private EndpointPair pair;

  @BeforeEach
  void connect() throws IOException {
    pair =
        new EndpointPair(
            EndpointPair.PATIENT.withRdma(RdmaMode.OFF).withOperationTimeout(PATIENCE));
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

  /** More than a caller takes in at once: the rest comes though it does not wait any more. */
  @Test
  void shouldBringWhatACallerLeavesBehind() throws Exception {
    long end = System.nanoTime() + ENOUGH.toNanos();
    do {
      var sending =
          MessageContract.async(
              () -> {
                LockSupport.parkNanos(20_000);
                for (int i = 0; i < MESSAGES; i++) {
                  pair.client.send(EndpointPair.number(i));
                }
              });
      pair.server.receive().release();
      for (int i = 1; i < MESSAGES; i++) {
        ByteBuf next = within(TimeUnit.SECONDS.toNanos(2));
        assertNotNull(next, "message " + i + " does not come");
        assertEquals(i, next.readLong());
        next.release();
      }
      sending.get();
    } while (System.nanoTime() - end < 0);
  }

  /** Without polling, as somebody with a thread of the transport may. */
  private @Nullable ByteBuf within(long nanos) throws IOException {
    long deadline = System.nanoTime() + nanos;
    ByteBuf next = pair.server.tryReceive();
    while (next == null && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(50_000);
      next = pair.server.tryReceive();
    }
    return next;
  }
}
