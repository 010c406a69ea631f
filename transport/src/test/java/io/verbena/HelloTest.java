package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.lane.rdma.RdmaOffer;
import io.verbena.verbs.Gid;
import io.verbena.verbs.LinkLayer;
import io.verbena.verbs.QueuePairAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HelloTest {
  private static Hello hello(@Nullable RdmaOffer offer, String reason) {
    return new Hello(1, 1, new UUID(1, 2), new UUID(3, 4), 1 << 30, 32, 128, offer, reason);
  }

  private static RdmaOffer offer() {
    var address =
        new QueuePairAddress(
            0x123456, 0xabcdef, 7, new Gid(0, 0xffff_0a00_0001L), 1, 3, 4096, LinkLayer.ETHERNET);
    return new RdmaOffer(address, 0xffff);
  }

  private static ByteBuffer body(Hello hello) {
    ByteBuffer encoded = hello.encode();
    assertEquals(Hello.MAGIC, encoded.getInt());
    assertEquals(encoded.remaining() - 2, Short.toUnsignedInt(encoded.getShort()));
    return encoded;
  }

  @Test
  void shouldReadWhatItWrote() throws IOException {
    assertEquals(hello(offer(), ""), Hello.decode(body(hello(offer(), ""))));
    var without = hello(null, "libibverbs.so.1 is not installed – sorry");
    assertEquals(without, Hello.decode(body(without)));
  }

  @Test
  void shouldCutALongReasonAtAWholeCharacter() throws IOException {
    Hello read = Hello.decode(body(hello(null, "ä".repeat(2000))));
    assertEquals("ä".repeat(256), read.noOffer());
  }

  @Test
  void shouldNotPrintControlCharactersOfAStranger() throws IOException {
    assertEquals("a?[31mb", Hello.decode(body(hello(null, "a\u001b[31mb"))).noOffer());
  }

  @Test
  void shouldRejectEveryCutOffHello() {
    for (Hello hello : new Hello[] {hello(offer(), ""), hello(null, "why")}) {
      ByteBuffer body = body(hello);
      for (int length = 0; length < body.remaining(); length++) {
        ByteBuffer cut = body.slice(body.position(), length);
        assertThrows(IOException.class, () -> Hello.decode(cut), "length " + length);
      }
    }
  }

  /** Bytes of a stranger end in a hello or an IOException, never in anything else. */
  @Test
  void shouldSurviveRandomBytes() {
    var random = new Random(20261122);
    int accepted = 0;
    for (int i = 0; i < 200_000; i++) {
      ByteBuffer body;
      if (i % 2 == 0) {
        byte[] bytes = new byte[random.nextInt(120)];
        random.nextBytes(bytes);
        body = ByteBuffer.wrap(bytes);
      } else {
        ByteBuffer good = body(i % 4 == 1 ? hello(offer(), "") : hello(null, "why"));
        body = good.slice();
        for (int flips = random.nextInt(4); flips >= 0; flips--) {
          body.put(random.nextInt(body.limit()), (byte) random.nextInt());
        }
      }
      try {
        Hello.decode(body);
        accepted++;
      } catch (IOException expected) {
        assertTrue(expected.getMessage().length() > 5);
      }
    }
    assertTrue(accepted > 0, "the generator makes nothing that is valid");
  }
}
