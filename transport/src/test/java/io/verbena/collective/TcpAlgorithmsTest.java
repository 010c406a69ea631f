package io.verbena.collective;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import java.util.stream.IntStream;

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
  int[] counts() {
    return ALL_COUNTS;
  }
}
