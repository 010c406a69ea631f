package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.memory.BufferPoolConfig;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Messages that are long beside the memory that their receiver has for them. */
@Timeout(120)
abstract class SmallPoolContract {
  static final int CEILING = 24 << 20;

  EndpointPair pair;

  abstract TransportConfig config();

  @BeforeEach
  void connect() throws IOException {
    var pool = BufferPoolConfig.defaults().withCeiling(CEILING);
    pair = new EndpointPair(config(), config().withBufferPool(pool));
  }

  @AfterEach
  void disconnect() {
    if (pair != null) {
      pair.close();
    }
  }

  @Test
  void shouldRefuseAMessageForWhichThePeerCanNeverHaveMemoryAndGoOn() throws IOException {
    ByteBuf tooLong = pair.clientTransport.allocator().directBuffer().writeZero(CEILING + 1);
    var refusal = assertThrows(IllegalArgumentException.class, () -> pair.client.send(tooLong));
    assertTrue(refusal.getMessage().contains(String.valueOf(CEILING)), refusal.getMessage());
    assertTrue(tooLong.release(), "the refused message stays the caller's");
    pair.client.send(EndpointPair.number(7));
    ByteBuf received = pair.server.receive();
    assertEquals(7, received.readLong());
    received.release();
  }

  /** It takes all there is, or nearly: nothing of the pool may be wanted beside it. */
  @Test
  void shouldDeliverTheLongestThatItPromised() throws Exception {
    ByteBuf sent = EndpointPair.random(3, CEILING);
    ByteBuf expected = sent.copy();
    var sending = MessageContract.async(() -> pair.client.send(sent));
    ByteBuf received = pair.server.receive();
    sending.get();
    assertEquals(expected, received);
    received.release();
    expected.release();
  }
}
