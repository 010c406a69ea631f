package io.verbena.samples.interop;

import io.verbena.rdmacm.Connection;
import io.verbena.verbs.Access;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.VerbsException;
import io.verbena.verbs.WorkKind;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The client of {@code rping}: names memory to read from, waits, names memory to write to, waits.
 */
final class RpingClient {
  private static final char FIRST = 'A';
  private static final char LAST = 'z';

  private final RpingMessages messages;
  private final Connection connection;
  private final MemoryRegion source;
  private final MemoryRegion sink;

  RpingClient(Station station, RpingMessages messages, Connection connection, int size)
      throws VerbsException {
    this.messages = messages;
    this.connection = connection;
    source = station.domain.allocate(size, Access.LOCAL_WRITE, Access.REMOTE_READ);
    sink = station.domain.allocate(size, Access.LOCAL_WRITE, Access.REMOTE_WRITE);
  }

  /** Sends the data of a number there and back. */
  void ping(int number, boolean validate) throws IOException {
    fill(number);
    messages.send(source);
    await();
    messages.send(sink);
    await();
    if (validate && source.memory().mismatch(sink.memory()) >= 0) {
      throw new IOException("ping " + number + " came back with other data");
    }
  }

  private void await() throws IOException {
    if (!messages.await(connection, WorkKind.RECEIVE)) {
      throw new IOException("the server has ended the connection");
    }
    messages.taken();
  }

  /** A text, letters from a place that wanders, and a zero. */
  private void fill(int number) {
    MemorySegment memory = source.memory();
    long last = memory.byteSize() - 1;
    String text = "rdma-ping-" + number + ": ";
    memory.setString(0, text);
    int letters = LAST - FIRST + 1;
    for (long at = text.length(); at < last; at++) {
      long letter = (number + at - text.length()) % letters;
      memory.set(ValueLayout.JAVA_BYTE, at, (byte) (FIRST + letter));
    }
    memory.set(ValueLayout.JAVA_BYTE, last, (byte) 0);
  }

  /** What came back. */
  String text() {
    return sink.memory().getString(0);
  }
}
