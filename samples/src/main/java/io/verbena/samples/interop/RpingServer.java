package io.verbena.samples.interop;

import io.verbena.rdmacm.Connection;
import io.verbena.samples.interop.RpingMessages.Place;
import io.verbena.verbs.Access;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.VerbsException;
import io.verbena.verbs.WorkKind;
import java.io.IOException;

/** The server of {@code rping}: reads where the client says, and writes where it says next. */
final class RpingServer {
  private final Station station;
  private final RpingMessages messages;
  private final Connection connection;
  private final int size;
  private final MemoryRegion buffer;

  RpingServer(Station station, RpingMessages messages, Connection connection, int size)
      throws VerbsException {
    this.station = station;
    this.messages = messages;
    this.connection = connection;
    this.size = size;
    // One byte more stays zero: the client may forget to end its text.
    buffer = station.domain.allocate(size + 1, Access.LOCAL_WRITE);
  }

  /**
   * Takes the data of one ping and gives them back.
   *
   * @return false if the client has gone away instead
   */
  boolean pong() throws IOException {
    if (!messages.await(connection, WorkKind.RECEIVE)) {
      return false;
    }
    Place source = messages.taken();
    if (source.size() < 1 || source.size() > size) {
      throw new IOException(
          "the client has %d bytes, this side %d: give both the same -S"
              .formatted(source.size(), size));
    }
    station
        .pair
        .sends()
        .signaled()
        .read(0, buffer, 0, source.size(), source.address(), source.rkey())
        .submit();
    require(WorkKind.READ);
    messages.send(buffer);
    require(WorkKind.RECEIVE);
    Place sink = messages.taken();
    // As the C program does: up to the zero, with it.
    int length = Math.min(text().length() + 1, sink.size());
    station
        .pair
        .sends()
        .signaled()
        .write(0, buffer, 0, length, sink.address(), sink.rkey())
        .submit();
    require(WorkKind.WRITE);
    messages.send(buffer);
    return true;
  }

  private void require(WorkKind kind) throws IOException {
    if (!messages.await(connection, kind)) {
      throw new IOException("the client has ended the connection in the middle of a ping");
    }
  }

  /** What came. */
  String text() {
    return buffer.memory().getString(0);
  }
}
