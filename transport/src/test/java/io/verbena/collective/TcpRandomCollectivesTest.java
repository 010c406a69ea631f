package io.verbena.collective;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import java.util.List;
import org.junit.jupiter.params.provider.Arguments;

/** Random programs over TCP. */
class TcpRandomCollectivesTest extends RandomCollectives {
  TcpRandomCollectivesTest() {
    super(TransportConfig.defaults().withRdma(RdmaMode.OFF));
  }

  @Override
  List<Arguments> programs() {
    return List.of(
        Arguments.of(2, 1),
        Arguments.of(2, 2),
        Arguments.of(3, 3),
        Arguments.of(3, 4),
        Arguments.of(4, 5),
        Arguments.of(4, 6),
        Arguments.of(5, 7),
        Arguments.of(5, 8));
  }
}
