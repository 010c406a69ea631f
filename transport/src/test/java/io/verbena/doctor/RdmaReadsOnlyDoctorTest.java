package io.verbena.doctor;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The same where there is a device, which is opened. */
@RdmaTest
@Timeout(240)
class RdmaReadsOnlyDoctorTest extends ReadsOnlyDoctorTest {
  @Test
  void shouldOpenTheDevice() throws Exception {
    assertTrue(
        tracedCalls(folder, List.of()).stream()
            .anyMatch(call -> call.contains("\"/dev/infiniband/uverbs")));
  }
}
