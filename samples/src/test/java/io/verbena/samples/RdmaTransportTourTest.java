package io.verbena.samples;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The tour over RDMA. */
@RdmaTest
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RdmaTransportTourTest {
  @Test
  void shouldTakeTheTour(@TempDir Path folder) throws Exception {
    TransportTourTest.shouldTakeTheTourOverRdma(true, folder);
  }
}
