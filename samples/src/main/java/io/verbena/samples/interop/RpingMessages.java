package io.verbena.samples.interop;

import io.verbena.rdmacm.Connection;
import io.verbena.rdmacm.ConnectionState;
import io.verbena.verbs.Access;
import io.verbena.verbs.Completions;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.VerbsException;
import io.verbena.verbs.WorkKind;
import io.verbena.verbs.WorkStatus;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.time.Duration;

/**
 * The messages of {@code rping}, of one form in both directions: where memory is, its key and its
 * size, big-endian. From the server to the client their content means nothing.
 */
final class RpingMessages {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN);
  private static final int BYTES = 16;
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);

  private final Station station;
  private final MemoryRegion received;
  private final MemoryRegion sent;

  /** A piece of the peer's memory. */
  record Place(long address, int rkey, int size) {}

  RpingMessages(Station station) throws VerbsException {
    this.station = station;
    received = station.domain.allocate(BYTES, Access.LOCAL_WRITE);
    sent = station.domain.allocate(BYTES);
  }

  /** Makes room for the peer's next message. */
  void receive() throws VerbsException {
    station.pair.receives().receive(0, received, 0, BYTES).submit();
  }

  /** Sends the place of a region, or just wakes the peer up. */
  void send(MemoryRegion region) throws VerbsException {
    MemorySegment memory = sent.memory();
    memory.set(LONG, 0, region.address());
    memory.set(INT, 8, region.rkey());
    memory.set(INT, 12, (int) region.length());
    if (!station.pair.sends().signaled().send(0, sent, 0, BYTES).submit()) {
      throw new IllegalStateException("more messages were sent than the queue has room for");
    }
  }

  /** What the last message named; the receive for the next one is posted. */
  Place taken() throws VerbsException {
    MemorySegment memory = received.memory();
    Place place = new Place(memory.get(LONG, 0), memory.get(INT, 8), memory.get(INT, 12));
    receive();
    return place;
  }

  /**
   * Waits for the next completion of a kind; others, which are those of earlier sends, are of no
   * interest.
   *
   * @return false if the connection has ended meanwhile
   */
  boolean await(Connection connection, WorkKind wanted) throws IOException {
    long began = System.nanoTime();
    while (true) {
      Completions done = station.queue.poll();
      while (done.next()) {
        if (done.status() == WorkStatus.FLUSHED) {
          return false;
        }
        if (!done.succeeded()) {
          throw done.failure();
        }
        if (done.kind() == wanted) {
          if (wanted == WorkKind.RECEIVE && done.byteCount() != BYTES) {
            throw new IOException("the peer is not rping: its message has " + done.byteCount());
          }
          return true;
        }
      }
      if (!station.queue.await(BETWEEN_LOOKS)) {
        if (connection.state() != ConnectionState.CONNECTED) {
          return false;
        }
        Waiting.check(began);
      }
    }
  }
}
