package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BufferPoolConfigTest {
  private static final int MEBIBYTE = 1 << 20;
  private static final BufferPoolConfig CONFIG =
      BufferPoolConfig.defaults().withSlabs(2 * MEBIBYTE, 64 * MEBIBYTE);

  @ParameterizedTest(name = "{0} MiB are followed by {1}")
  @CsvSource({
    "0, 2",
    "2, 2",
    "4, 4",
    "8, 8",
    "16, 2",
    "254, 2",
    "256, 4",
    "382, 4",
    "384, 6",
    "4096, 64",
    "100000, 64"
  })
  void shouldDoubleASmallPoolAndAddLittleToABigOne(long registered, long next) {
    assertEquals(next * MEBIBYTE, CONFIG.nextSlabBytes(registered * MEBIBYTE));
  }

  @ParameterizedTest(name = "slabs from {0} to {1} bytes")
  @CsvSource({
    "65536, 65536",
    "65536, 1048576",
    "1048576, 4194304",
    "2097152, 67108864",
    "3211264, 1073741824"
  })
  void shouldNeverAddMoreToABigPoolThanA64th(int first, int largest) {
    BufferPoolConfig config = CONFIG.withSlabs(first, largest);
    long registered = 0;
    while (registered < 2048L * first) {
      long next = config.nextSlabBytes(registered);
      assertEquals(0, next % Slab.UNIT);
      assertTrue(next >= first && next <= largest, "of " + next);
      if (registered >= 8L * first) {
        assertTrue(next <= Math.max(first, registered / 64), "%d, %d".formatted(registered, next));
      }
      registered += next;
    }
  }

  @Test
  void shouldTakeFewSlabsForALot() {
    long registered = 0;
    int slabs = 0;
    while (registered < 4096L * MEBIBYTE) {
      registered += CONFIG.nextSlabBytes(registered);
      slabs++;
    }
    // 2048 of the smallest size; 64 with slabs as big as they may be.
    assertTrue(slabs < 400, slabs + " slabs");
  }

  @Test
  void shouldRefuseSizesThatContradictEachOther() {
    assertThrows(IllegalArgumentException.class, () -> CONFIG.withSlabs(Slab.UNIT - 1, MEBIBYTE));
    assertThrows(IllegalArgumentException.class, () -> CONFIG.withSlabs(MEBIBYTE, MEBIBYTE - 1));
    assertThrows(IllegalArgumentException.class, () -> CONFIG.withSlabs(MEBIBYTE, (1 << 30) + 1));
    assertThrows(IllegalArgumentException.class, () -> CONFIG.withCeiling(MEBIBYTE));
  }
}
