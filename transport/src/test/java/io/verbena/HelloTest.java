package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.lane.rdma.RdmaCandidate;
import io.verbena.lane.rdma.RdmaSurvey;
import io.verbena.verbs.Gid;
import io.verbena.verbs.GidType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HelloTest {
  private static Hello hello(List<RdmaCandidate> candidates, String reason) {
    return new Hello(
        1, 1, new UUID(1, 2), new UUID(3, 4), 1 << 30, 64, 32, 128, 9, 5000, candidates, reason);
  }

  private static List<RdmaCandidate> candidates(int count) {
    return IntStream.range(0, count).mapToObj(HelloTest::candidate).toList();
  }

  private static RdmaCandidate candidate(int number) {
    return new RdmaCandidate(
        "mlx5_" + number,
        1,
        GidType.ROCE_V2,
        3,
        new Gid(0, 0xffff_0a00_0001L + number),
        0,
        4096,
        100_000,
        10,
        number == 0,
        List.of(0xffff, 0x8001 + number));
  }

  private static ByteBuffer body(Hello hello) {
    ByteBuffer encoded = hello.encode();
    assertEquals(Hello.MAGIC, encoded.getInt());
    assertEquals(encoded.remaining() - 2, Short.toUnsignedInt(encoded.getShort()));
    return encoded;
  }

  @Test
  void shouldReadWhatItWrote() throws IOException {
    for (int count = 1; count <= RdmaSurvey.MAX_CANDIDATES; count++) {
      var with = hello(candidates(count), "");
      assertEquals(with, Hello.decode(body(with)));
    }
    var without = hello(List.of(), "libibverbs.so.1 is not installed – sorry");
    assertEquals(without, Hello.decode(body(without)));
  }

  /** The longest names and most keys still fit: a hello is never longer than a peer takes. */
  @Test
  void shouldHoldTheLongestCandidates() throws IOException {
    RdmaCandidate one = candidate(1);
    List<Integer> pkeys = IntStream.rangeClosed(1, 100).boxed().toList();
    var longest =
        new RdmaCandidate(
            "d".repeat(200),
            255,
            one.type(),
            255,
            one.gid(),
            0xffff,
            256,
            Integer.MAX_VALUE,
            255,
            true,
            pkeys);
    Hello read =
        Hello.decode(body(hello(Collections.nCopies(RdmaSurvey.MAX_CANDIDATES, longest), "")));
    RdmaCandidate last = read.candidates().getLast();
    assertEquals("d".repeat(RdmaCandidate.MAX_NAME), last.device());
    assertEquals(pkeys.subList(0, RdmaCandidate.MAX_PKEYS), last.pkeys());
    assertEquals(255, last.gidIndex());
    assertEquals(Integer.MAX_VALUE, last.megabitsPerSecond());
  }

  @Test
  void shouldRejectMoreCandidatesThanAreAllowed() {
    ByteBuffer body = body(hello(candidates(1), ""));
    int countAt = body.position() + 60;
    assertEquals(1, body.get(countAt));
    body.put(countAt, (byte) 17);
    var failure = assertThrows(IOException.class, () -> Hello.decode(body));
    assertEquals("its hello has an impossible number of RDMA candidates: 17", failure.getMessage());
  }

  @Test
  void shouldCutALongReasonAtAWholeCharacter() throws IOException {
    Hello read = Hello.decode(body(hello(List.of(), "ä".repeat(2000))));
    assertEquals("ä".repeat(256), read.noRdma());
  }

  /** Control characters, those of ISO 8859 too, ends of lines, and what reverses the text. */
  @ParameterizedTest
  @ValueSource(ints = {0, '\n', 0x1b, 0x7f, 0x85, 0x9b, 0x200b, 0x2028, 0x2029, 0x202e, 0x2066})
  void shouldNotPrintWhatChangesTheTextAroundIt(int codePoint) throws IOException {
    String text = "a" + Character.toString(codePoint) + "[31mö";
    assertEquals("a?[31mö", Hello.decode(body(hello(List.of(), text))).noRdma());
  }

  @Test
  void shouldRejectEveryCutOffHello() {
    for (Hello hello : new Hello[] {hello(candidates(3), ""), hello(List.of(), "why")}) {
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
        ByteBuffer good = body(i % 4 == 1 ? hello(candidates(2), "") : hello(List.of(), "why"));
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
