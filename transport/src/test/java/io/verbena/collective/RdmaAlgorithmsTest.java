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

  /** Powers of two, and numbers that are none. */
  @Override
  int[] sizes() {
    return new int[] {2, 3, 4, 5};
  }

  /**
   * Inline, in a frame, and read by the receiver in parts; on more ranks, as the emulated
   * processors are slow, only what comes in segments.
   */
  @Override
  int[] counts(int size) {
    return size > 3 ? new int[] {1001} : new int[] {1, 700, 40_000};
  }
}
