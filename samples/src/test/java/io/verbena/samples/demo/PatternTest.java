package io.verbena.samples.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PatternTest {
  private final Arena arena = Arena.ofConfined();

  @AfterEach
  void free() {
    arena.close();
  }

  private MemorySegment filled(long size, long seed) {
    MemorySegment segment = arena.allocate(size);
    Pattern.fill(segment, seed);
    return segment;
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 7, 8, 9, 64, 1001})
  void shouldRecogniseItself(long size) {
    assertEquals(-1, Pattern.mismatch(filled(size, 42), 42));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 8, 500, 999, 1000, 1002})
  void shouldFindOneWrongByte(long place) {
    MemorySegment content = filled(1003, 42);
    byte right = content.get(ValueLayout.JAVA_BYTE, place);
    content.set(ValueLayout.JAVA_BYTE, place, (byte) (right ^ 0x10));
    assertEquals(place, Pattern.mismatch(content, 42));
  }

  @Test
  void shouldFindBytesThatMoved() {
    MemorySegment content = filled(4096, 42);
    content.asSlice(1024, 64).copyFrom(content.asSlice(1088, 64));
    long place = Pattern.mismatch(content, 42);
    assertTrue(place >= 1024 && place < 1032, "place " + place);
  }

  @Test
  void shouldTellSeedsApart() {
    assertEquals(0, Pattern.mismatch(filled(4096, 42), 43));
  }
}
