package io.verbena.collective;

import io.verbena.RdmaMode;
import io.verbena.RdmaTest;
import io.verbena.TransportConfig;

/** Every algorithm over RDMA. */
@RdmaTest
class RdmaAlgorithmsTest extends EndpointAlgorithms {
  @Override
  TransportConfig config() {
    return TransportConfig.defaults().withRdma(RdmaMode.REQUIRED);
  }

  /** The emulated processors are slow: a power of two, and a number that is none. */
  @Override
  int[] sizes() {
    return new int[] {2, 3};
  }

  /** Inline, in a frame, and read by the receiver in parts. */
  @Override
  int[] counts() {
    return new int[] {1, 700, 40_000};
  }
}
