package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.TransportException.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Long messages are pulled into the pool's memory, and wait for it. */
@RdmaTest
class RdmaSmallPoolTest extends SmallPoolContract {
  private static final int LENGTH = 16 << 20;

  @Override
  TransportConfig config() {
    return EndpointPair.PATIENT.withRdma(RdmaMode.REQUIRED);
  }

  /** The program holds what the message needs: until it lets go, everybody is told why. */
  @Test
  void shouldSayWhatAMessageWaitsForAndTakeItWhenItIsThere() throws IOException {
    PrintStream stderr = System.err;
    var said = new ByteArrayOutputStream();
    System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
    try {
      ByteBuf held = pair.serverTransport.allocator().directBuffer(LENGTH);
      pair.client.send(pair.clientTransport.allocator().directBuffer().writeZero(LENGTH));
      var timeout =
          assertThrows(TransportException.class, () -> pair.server.receive(Duration.ofSeconds(4)));
      assertEquals(Kind.TIMEOUT, timeout.kind());
      String why = timeout.getMessage();
      assertTrue(why.contains("a message of " + LENGTH + " bytes waits for memory"), why);
      assertTrue(why.contains(CEILING + " may be registered"), why);
      assertTrue(why.contains("raise ceilingBytes"), why);
      held.release();
      ByteBuf received = pair.server.receive();
      assertEquals(LENGTH, received.readableBytes());
      received.release();
    } finally {
      System.setErr(stderr);
    }
    String log = said.toString(StandardCharsets.UTF_8);
    assertEquals(2, log.split("waits for memory", -1).length, "it is logged once: " + log);
  }
}
