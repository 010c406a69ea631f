package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EndingsTest {
  private final List<Integer> ended = new ArrayList<>();
  private final Endings endings = new Endings();

  @Test
  void shouldTryEachWhateverHappensToTheOthers() {
    var first = new IllegalStateException("one");
    var second = new IllegalArgumentException("two");
    endings.attempt(() -> ended.add(1));
    endings.attempt(() -> fail(first));
    endings.attempt(() -> ended.add(2));
    endings.attempt(() -> fail(second));
    endings.attempt(() -> ended.add(3));
    assertEquals(List.of(1, 2, 3), ended);
    assertSame(first, endings.refusal());
    assertArrayEquals(new Throwable[] {second}, first.getSuppressed());
  }

  @Test
  void shouldHaveNoRefusalWhenNoneRefused() {
    endings.attempt(() -> ended.add(1));
    assertNull(endings.refusal());
  }

  private static void fail(RuntimeException refusal) {
    throw refusal;
  }
}
