package io.verbena.samples;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The tour over RDMA. */
@RdmaTest
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RdmaTransportTourTest {
  @Test
  void shouldTakeTheTour() {
    TransportTourTest.shouldTakeTheTourOverRdma(true);
  }
}
