package io.verbena.collective;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every algorithm over TCP, of 1 to 9 ranks. */
class TcpAlgorithmsTest extends EndpointAlgorithms {
  @Override
  TransportConfig config() {
    return TransportConfig.defaults().withRdma(RdmaMode.OFF);
  }

  @Override
  int[] sizes() {
    return IntStream.rangeClosed(1, 9).toArray();
  }

  @Override
  int[] counts(int size) {
    return ALL_COUNTS;
  }

  /** What the choice table chooses on both sides of where it changes its mind. */
  @ParameterizedTest
  @EnumSource(Collective.class)
  void shouldGiveItAroundSwitchPoints(Collective collective) throws Exception {
    for (int size : new int[] {4, 5, 8}) {
      Ranks ranks = ranks(size);
      for (Request request : SwitchPoints.around(ChoiceTable.defaults(), collective, size)) {
        check(ranks, request);
      }
    }
  }
}
