package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What reductions are defined for, and those of the caller's own. */
class ReductionTest {
  private static final MemoryLayout PAIR =
      MemoryLayout.structLayout(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);

  static Stream<Arguments> undefined() {
    List<Arguments> cases = new ArrayList<>();
    for (Reduction reduction : Numbers.BITWISE) {
      cases.add(Arguments.of(reduction, ValueLayout.JAVA_FLOAT, "float"));
      cases.add(Arguments.of(reduction, ValueLayout.JAVA_DOUBLE, "double"));
    }
    List<Reduction> ofNumbers = new ArrayList<>(Numbers.ARITHMETIC);
    ofNumbers.addAll(Numbers.BITWISE);
    for (Reduction reduction : ofNumbers) {
      cases.add(Arguments.of(reduction, ValueLayout.JAVA_BOOLEAN, "boolean"));
      cases.add(Arguments.of(reduction, ValueLayout.ADDRESS, "MemorySegment"));
      cases.add(Arguments.of(reduction, PAIR, "[i4i4]"));
      cases.add(
          Arguments.of(reduction, MemoryLayout.sequenceLayout(2, ValueLayout.JAVA_INT), "[2:i4]"));
    }
    for (Reduction reduction : List.of(Reduction.MIN_LOC, Reduction.MAX_LOC)) {
      cases.add(Arguments.of(reduction, ValueLayout.JAVA_INT, "int"));
      for (MemoryLayout[] members :
          new MemoryLayout[][] {
            {ValueLayout.JAVA_INT},
            {ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT},
            {ValueLayout.JAVA_INT, ValueLayout.JAVA_FLOAT},
            {ValueLayout.JAVA_SHORT, ValueLayout.JAVA_SHORT},
            {ValueLayout.JAVA_LONG, ValueLayout.ADDRESS},
            {PAIR, ValueLayout.JAVA_INT}
          }) {
        MemoryLayout struct = MemoryLayout.structLayout(members);
        cases.add(Arguments.of(reduction, struct, struct.toString()));
      }
      cases.add(
          Arguments.of(
              reduction,
              MemoryLayout.unionLayout(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
              "[i4|i4]"));
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("undefined")
  void shouldNameTheReductionAndTheElementThatDoNotFit(
      Reduction reduction, MemoryLayout element, String named) {
    var refused =
        assertThrows(IllegalArgumentException.class, () -> Kernels.of(reduction, element));
    assertTrue(
        refused.getMessage().startsWith(reduction.name() + " is not defined for "),
        refused.getMessage());
    assertTrue(refused.getMessage().contains(named), refused.getMessage());
  }

  @Test
  void shouldHandTheCallersFunctionItsOperandsInOrder() {
    List<String> calls = new ArrayList<>();
    Reduction reduction =
        Reduction.of(
            "digits",
            (left, right, target, element, count) -> {
              assertEquals(PAIR, element);
              assertEquals(16, left.byteSize());
              assertEquals(16, right.byteSize());
              assertEquals(16, target.byteSize());
              assertTrue(left.isReadOnly() && right.isReadOnly());
              for (long i = 0; i < 2 * count; i++) {
                int a = left.get(ValueLayout.JAVA_INT_UNALIGNED, 4 * i);
                int b = right.get(ValueLayout.JAVA_INT_UNALIGNED, 4 * i);
                target.set(ValueLayout.JAVA_INT_UNALIGNED, 4 * i, 10 * a + b);
              }
              calls.add("called for " + count);
            },
            false);
    assertFalse(reduction.isCommutative());
    assertEquals("digits", reduction.name());
    assertEquals("digits", reduction.toString());

    int[] left = {0, 1, 2, 3, 4, 0};
    int[] right = {5, 6, 7, 8};
    Kernel kernel = Kernels.of(reduction, PAIR);
    MemorySegment target = MemorySegment.ofArray(left);
    kernel.reduce(target, 4, MemorySegment.ofArray(right), 0, target, 4, 2);
    kernel.reduce(target, 4, MemorySegment.ofArray(right), 0, target, 4, 0);

    assertArrayEquals(new int[] {0, 15, 26, 37, 48, 0}, left);
    assertEquals(List.of("called for 2"), calls);
  }

  @Test
  void shouldBeCommutativeIfBuiltIn() {
    for (Reduction reduction :
        List.of(Reduction.SUM, Reduction.XOR, Reduction.MAX, Reduction.MIN_LOC)) {
      assertTrue(reduction.isCommutative(), reduction.name());
    }
    assertTrue(Reduction.of("mine", (_, _, _, _, _) -> {}, true).isCommutative());
  }

  /** Interpreted vectors are objects: garbage is looked for where no compiler is needed. */
  @Test
  void shouldAllocateNothing() {
    MemoryLayout located = MemoryLayout.structLayout(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(1 << 16, 64);
      for (Kernel kernel :
          List.of(
              Kernels.of(Reduction.SUM, ValueLayout.JAVA_FLOAT, false),
              Kernels.of(Reduction.MIN_LOC, located, false))) {
        for (int i = 0; i < 1_000; i++) {
          kernel.reduce(memory, 0, memory, 0, memory, 0, 4_096);
        }
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 1_000; i++) {
          kernel.reduce(memory, 0, memory, 0, memory, 0, 4_096);
        }
        long garbage = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(garbage < 16_000, garbage + " bytes in 1000 reductions");
      }
    }
  }
}
