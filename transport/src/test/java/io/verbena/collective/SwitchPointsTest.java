package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the choice table chooses on both sides of its switch points, against a serial result. */
class SwitchPointsTest {
  private static final int[] RANKS = {1, 2, 3, 4, 5, 6, 7, 8, 9};

  @ParameterizedTest
  @EnumSource(Collective.class)
  void shouldGiveWhatTheSerialComputationGives(Collective collective) {
    for (int ranks : RANKS) {
      for (Request request : SwitchPoints.around(ChoiceTable.defaults(), collective, ranks)) {
        boolean reorders = Trial.needsCommutativity(request);
        Trial.run(
            request::at,
            reorders ? Long::sum : Operators::matrixProduct,
            // What the transport does; AlgorithmTest tries the other orders, with less data.
            (schedules, inputs, outputs, operator) ->
                Execution.run(schedules, inputs, outputs, operator, Execution.Timing.EARLY));
      }
    }
  }

  /** Otherwise there is a choice that nobody has tried. */
  @Test
  void shouldComeByEveryLineOfTheTable() {
    ChoiceTable table = ChoiceTable.defaults();
    Set<Choice> tried = new HashSet<>();
    for (Collective collective : Collective.values()) {
      for (int ranks : RANKS) {
        for (Request request : SwitchPoints.around(table, collective, ranks)) {
          tried.add(new Choice(request.algorithm(), request.segment() * Long.BYTES));
        }
      }
    }
    Set<Choice> lines =
        SwitchPoints.lines(table).stream()
            .filter(line -> line.algorithm().collective() != Collective.BARRIER) // has no size
            .map(line -> new Choice(line.algorithm(), line.segmentBytes()))
            .collect(Collectors.toSet());
    assertEquals(lines, tried);
  }
}
