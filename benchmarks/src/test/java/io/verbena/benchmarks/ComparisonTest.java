package io.verbena.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ComparisonTest {
  private final Comparison comparison = new Comparison("thing", "C", "ns");

  @Test
  void shouldTakeTheMedianOfTheRatiosOfPairsAndNotTheRatioOfMedians() {
    comparison.add(1, 1);
    comparison.add(20, 10);
    comparison.add(300, 100);

    assertEquals(2, comparison.ratio());
    assertEquals(20, comparison.ours());
    assertEquals(10, comparison.theirs());
    assertEquals(10, comparison.difference());
    assertEquals("1.00-3.00", comparison.spread());
  }

  @Test
  void shouldTakeTheMeanOfTheTwoInTheMiddleOfAnEvenNumber() {
    assertEquals(2.5, Comparison.median(9, 2, 3, 1));
  }

  @Test
  void shouldSayWhetherABarIsKept() {
    comparison.add(1, 1);
    comparison.bar("5 ns over C", 5, 6);
    comparison.bar("16 B/op", 16, 0);

    assertTrue(comparison.remarks().get(0).endsWith("(bar: at most 6.000): kept"));
    assertTrue(comparison.remarks().get(1).endsWith("MISSED"));
  }

  @Test
  void shouldHoldTheOtherWayRoundWhereMoreIsBetter() {
    comparison.floor("0.98 of C", 0.98, 0.97);
    comparison.floor("0.96 of C", 0.96, 0.97);

    assertTrue(comparison.remarks().get(0).endsWith("(bar: at least 0.9700): kept"));
    assertTrue(comparison.remarks().get(1).endsWith("MISSED"));
  }
}
