package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.PaddingLayout;
import java.lang.foreign.SequenceLayout;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Buffers with gaps against a list of where each number is. */
class PackingTest {
  private static final int REPETITIONS = 3;
  private static final int SHIFT = 5;

  private static MemoryLayout columns(ValueLayout number, int height, int width, int columns) {
    return MemoryLayout.sequenceLayout(
        height,
        MemoryLayout.structLayout(
            MemoryLayout.sequenceLayout(columns, number.withByteAlignment(1)),
            MemoryLayout.paddingLayout((width - columns) * number.byteSize())));
  }

  static Stream<MemoryLayout> layouts() {
    MemoryLayout plane = columns(ValueLayout.JAVA_FLOAT, 5, 7, 2);
    MemoryLayout holed =
        MemoryLayout.structLayout(
            MemoryLayout.paddingLayout(3), plane, MemoryLayout.paddingLayout(13));
    List<MemoryLayout> layouts =
        new ArrayList<>(
            List.of(
                ValueLayout.JAVA_DOUBLE_UNALIGNED,
                MemoryLayout.sequenceLayout(6, ValueLayout.JAVA_INT_UNALIGNED),
                MemoryLayout.sequenceLayout(
                    2, MemoryLayout.sequenceLayout(3, ValueLayout.JAVA_SHORT_UNALIGNED)),
                MemoryLayout.structLayout(
                    ValueLayout.JAVA_LONG_UNALIGNED, MemoryLayout.paddingLayout(1)),
                MemoryLayout.sequenceLayout(
                    1,
                    MemoryLayout.structLayout(
                        MemoryLayout.sequenceLayout(1, ValueLayout.JAVA_CHAR_UNALIGNED),
                        MemoryLayout.paddingLayout(9))),
                plane,
                holed,
                MemoryLayout.sequenceLayout(4, plane),
                MemoryLayout.sequenceLayout(4, holed),
                MemoryLayout.sequenceLayout(1, MemoryLayout.sequenceLayout(2, holed))));
    for (ValueLayout number : Numbers.ALIGNED) {
      layouts.add(columns(number, 9, 11, 1));
      layouts.add(columns(number, 9, 11, 4));
    }
    return layouts.stream();
  }

  /** Where each number of a layout is. */
  private static void places(MemoryLayout layout, long offset, List<Long> places) {
    switch (layout) {
      case ValueLayout _ -> places.add(offset);
      case SequenceLayout sequence -> {
        for (long i = 0; i < sequence.elementCount(); i++) {
          places(
              sequence.elementLayout(), offset + i * sequence.elementLayout().byteSize(), places);
        }
      }
      case StructLayout struct -> {
        long at = offset;
        for (MemoryLayout member : struct.memberLayouts()) {
          places(member, at, places);
          at += member.byteSize();
        }
      }
      case PaddingLayout _ -> {}
      default -> throw new AssertionError(layout);
    }
  }

  private static MemorySegment random(MemorySegment segment, Random random) {
    for (long i = 0; i < segment.byteSize(); i++) {
      segment.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
    }
    return segment;
  }

  private static MemorySegment copied(MemorySegment segment) {
    return MemorySegment.ofArray(segment.toArray(ValueLayout.JAVA_BYTE));
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void shouldCopyTheNumbersAndNothingElse(MemoryLayout layout) {
    Random random = new Random(11);
    List<Long> places = new ArrayList<>();
    for (int i = 0; i < REPETITIONS; i++) {
      places(layout, i * layout.byteSize(), places);
    }
    Strided strided = Strided.of(layout);
    long size = strided.number().byteSize();
    // The buffer ends with its last number, not with the padding after it.
    long bytes = SHIFT + places.getLast() + size;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment inNative = random(arena.allocate(bytes), random);
      MemorySegment inHeap = random(MemorySegment.ofArray(new byte[(int) bytes]), random);
      for (int first = 0; first <= places.size(); first++) {
        int some = first + random.nextInt(places.size() - first + 1);
        for (int end : new int[] {first, some, places.size()}) {
          MemorySegment buffer = random.nextBoolean() ? inNative : inHeap;
          MemorySegment packed =
              random(MemorySegment.ofArray(new byte[(int) (3 + places.size() * size)]), random);

          MemorySegment expected = copied(packed);
          for (int i = first; i < end; i++) {
            MemorySegment.copy(
                buffer, SHIFT + places.get(i), expected, 3 + (i - first) * size, size);
          }
          Packing.pack(buffer, SHIFT, strided, first, packed, 3, end - first);
          assertEquals(-1, expected.mismatch(packed), "packed %d to %d".formatted(first, end));

          random(packed, random);
          expected = copied(buffer);
          for (int i = first; i < end; i++) {
            MemorySegment.copy(
                packed, 3 + (i - first) * size, expected, SHIFT + places.get(i), size);
          }
          Packing.unpack(packed, 3, buffer, SHIFT, strided, first, end - first);
          assertEquals(-1, expected.mismatch(buffer), "unpacked %d to %d".formatted(first, end));
        }
      }
      assertThrows(
          IndexOutOfBoundsException.class,
          () ->
              Packing.pack(
                  inNative,
                  SHIFT,
                  strided,
                  1,
                  MemorySegment.ofArray(new byte[(int) bytes]),
                  0,
                  places.size()));
    }
  }

  @Test
  void shouldCopyAsMuchAsPossibleAtATime() {
    assertTrue(Strided.of(ValueLayout.JAVA_INT).isPacked());
    assertTrue(
        Strided.of(
                MemoryLayout.sequenceLayout(
                    3, MemoryLayout.sequenceLayout(5, ValueLayout.JAVA_INT)))
            .isPacked());
    Strided columns = Strided.of(columns(ValueLayout.JAVA_INT, 100, 10, 3));
    assertFalse(columns.isPacked());
    assertEquals(12, columns.runBytes());
    assertEquals(40, columns.stride());
    assertEquals(Long.MAX_VALUE, columns.runsInRow(7));
    Strided face =
        Strided.of(
            MemoryLayout.structLayout(
                columns(ValueLayout.JAVA_INT, 100, 10, 3), MemoryLayout.paddingLayout(400)));
    assertEquals(93, face.runsInRow(107));
    assertEquals(4400 + 7 * 40, face.offset(107));
  }

  @Test
  void shouldNameALayoutThatIsNotStrided() {
    for (MemoryLayout layout :
        List.of(
            MemoryLayout.structLayout(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
            MemoryLayout.structLayout(),
            MemoryLayout.paddingLayout(8),
            MemoryLayout.unionLayout(ValueLayout.JAVA_INT),
            MemoryLayout.sequenceLayout(0, ValueLayout.JAVA_INT))) {
      var refused = assertThrows(IllegalArgumentException.class, () -> Strided.of(layout));
      assertTrue(refused.getMessage().contains(layout.toString()), refused.getMessage());
    }
  }
}
