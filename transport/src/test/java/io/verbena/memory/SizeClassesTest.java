package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SizeClassesTest {
  @Test
  void shouldGiveTheSmallestClassThatHoldsTheBytes() {
    int sizeClass = 0;
    for (int bytes = 0; bytes <= SizeClasses.LARGEST; bytes++) {
      if (bytes > SizeClasses.bytes(sizeClass)) {
        sizeClass++;
      }
      assertEquals(sizeClass, SizeClasses.of(bytes), bytes + " bytes");
    }
    assertEquals(SizeClasses.COUNT - 1, sizeClass);
  }

  @Test
  void shouldKeepBlocksOnCacheLinesAndWasteLittle() {
    for (int i = 0; i < SizeClasses.COUNT; i++) {
      int bytes = SizeClasses.bytes(i);
      assertEquals(0, bytes % 64);
      int next = i + 1 < SizeClasses.COUNT ? SizeClasses.bytes(i + 1) : bytes;
      assertTrue(next - bytes <= Math.max(64, bytes / 4), bytes + " to " + next);
      int span = Span.unitsFor(i) * Slab.UNIT;
      assertTrue(span % bytes <= span / 16, "a span of blocks of " + bytes + " bytes");
    }
  }

  @Test
  void shouldHoldOneKibibyteWithoutWaste() {
    assertEquals(1024, SizeClasses.bytes(SizeClasses.of(1024)));
    assertEquals(0, Span.unitsFor(SizeClasses.of(1024)) * Slab.UNIT % 1024);
  }
}
