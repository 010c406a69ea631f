package io.verbena.samples.interop;

import io.verbena.verbs.Access;
import io.verbena.verbs.Completions;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.ReceiveBatch;
import io.verbena.verbs.VerbsException;
import io.verbena.verbs.WorkKind;
import java.io.IOException;

/** The messages of one connection of {@code ucmatose} or {@code udaddy}; nobody looks at them. */
final class CmMessages {
  final MemoryRegion region;
  private final Station station;
  private final int count;
  private final int bytes;
  private int received;
  private int sent;

  /** What to do with each message that comes. */
  interface Arrival {
    void take(Completions done) throws IOException;
  }

  CmMessages(Station station, int count, int bytes) throws VerbsException {
    this.station = station;
    this.count = count;
    this.bytes = bytes;
    this.region = station.domain.allocate(Math.max(1, bytes), Access.LOCAL_WRITE);
  }

  /** Makes room for all messages of the peer. */
  void receive() throws VerbsException {
    ReceiveBatch receives = station.pair.receives();
    for (int i = 0; i < count; i++) {
      receives.receive(i, region, 0, bytes);
    }
    receives.submit();
  }

  /** Waits for all messages of the peer. */
  void awaitReceived(Arrival arrival) throws IOException {
    while (received < count) {
      take(arrival);
    }
  }

  /** Waits until all messages of this side are sent. */
  void awaitSent() throws IOException {
    while (sent < count) {
      take(done -> {});
    }
  }

  private void take(Arrival arrival) throws IOException {
    Completions done = Waiting.next(station.queue, true);
    while (done.next()) {
      if (!done.succeeded()) {
        throw done.failure();
      }
      if (done.kind() == WorkKind.RECEIVE) {
        received++;
        arrival.take(done);
      } else {
        sent++;
      }
    }
  }
}
