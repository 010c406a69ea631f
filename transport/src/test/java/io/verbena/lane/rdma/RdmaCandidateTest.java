package io.verbena.lane.rdma;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.verbs.Gid;
import io.verbena.verbs.GidType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RdmaCandidateTest {
  private static final RdmaCandidate GOOD =
      new RdmaCandidate(
          "mlx5_0",
          2,
          GidType.ROCE_V2,
          3,
          new Gid(0, 0xffff_0a00_0001L),
          0x1234,
          4096,
          200_000,
          21,
          true,
          List.of(0xffff, 0x8001, 0x0002));

  private static ByteBuffer encoded() {
    ByteBuffer bytes = ByteBuffer.allocate(RdmaCandidate.MAX_BYTES);
    GOOD.write(bytes);
    return bytes.flip();
  }

  private static void refuse(int at, int value, String problem) {
    ByteBuffer bytes = encoded();
    bytes.put(at, (byte) value);
    var failure = assertThrows(IOException.class, () -> RdmaCandidate.read(bytes));
    assertEquals("an RDMA candidate " + problem, failure.getMessage());
  }

  @Test
  void shouldReadWhatItWrote() throws IOException {
    ByteBuffer bytes = encoded();
    assertEquals(GOOD, RdmaCandidate.read(bytes));
    assertEquals(0, bytes.remaining());
  }

  @Test
  void shouldRejectEveryCutOff() {
    ByteBuffer bytes = encoded();
    for (int length = 0; length < bytes.limit(); length++) {
      ByteBuffer cut = bytes.slice(0, length);
      assertThrows(IOException.class, () -> RdmaCandidate.read(cut), "length " + length);
    }
  }

  @Test
  void shouldRejectWhatNoPortCanHave() {
    refuse(0, 3, "speaks a protocol of its own: 3");
    refuse(0, -1, "speaks a protocol of its own: -1");
    refuse(1, 0, "has port 0");
    refuse(5, 1, "has the MTU 4097");
    refuse(8, 0xff, "has the address ff00::ffff:a00:1");
    refuse(24, 0x80, "is impossibly fast");
    refuse(29, 0, "has no proper name");
    refuse(29, 64, "has no proper name");
    refuse(30, 0x1b, "has an unprintable name");
    refuse(36, 0, "has 0 partition keys");
    refuse(36, 17, "has 17 partition keys");
    refuse(36, 4, "has 4 partition keys");
    ByteBuffer empty = encoded();
    empty.putShort(37, (short) 0x8000);
    assertThrows(IOException.class, () -> RdmaCandidate.read(empty));
  }

  @Test
  void shouldSurviveRandomBytes() {
    var random = new Random(20261122);
    int accepted = 0;
    for (int i = 0; i < 200_000; i++) {
      ByteBuffer bytes = encoded();
      for (int flips = random.nextInt(4); flips >= 0; flips--) {
        bytes.put(random.nextInt(bytes.limit()), (byte) random.nextInt());
      }
      if (random.nextInt(4) == 0) {
        bytes.limit(random.nextInt(bytes.limit()));
      }
      try {
        RdmaCandidate read = RdmaCandidate.read(bytes);
        assertTrue(read.pkeys().size() <= RdmaCandidate.MAX_PKEYS);
        assertTrue(read.device().chars().allMatch(each -> each > ' ' && each <= '~'));
        accepted++;
      } catch (IOException expected) {
        assertTrue(expected.getMessage().startsWith("an RDMA candidate "));
      }
    }
    assertTrue(accepted > 0, "the generator makes nothing that is valid");
  }
}
