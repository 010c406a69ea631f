package io.verbena.rdmacm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/** A device is taken away while there are connections over it. */
@RdmaTest
@Isolated("a test that runs meanwhile may take the spare device for its own, and keep it open")
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class RemovedDeviceTest {
  @Test
  void shouldTellEverythingOnTheDeviceThatItIsBeingRemoved() throws Exception {
    try (SpareDevice device = new SpareDevice();
        ChildProgram program = new ChildProgram(RemovalProgram.class, SpareDevice.ADDRESS)) {
      assertEquals("connected over " + SpareDevice.NAME, program.line());
      device.startRemoving();
      assertEquals("told all: true", program.line());
      assertEquals("DISCONNECTED DISCONNECTED ERR", program.line());
      assertEquals("flushed: true", program.line());
      assertTrue(device.isBeingRemoved(), "the device went away while it was in use");
      program.goOn();
      assertEquals("closed all", program.line());
      assertEquals(0, program.exitValue());
      device.awaitRemoval();
    }
  }
}
