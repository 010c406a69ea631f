package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.verbena.TwoHostTest;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Taking away the soft-RoCE device of a guest, which no other test uses meanwhile. */
@TwoHostTest
@Timeout(value = 1, unit = TimeUnit.MINUTES)
class DeviceRemovalTest {
  private static final String NAME = "rxe0";

  @Test
  void shouldKeepARemovedDeviceUntilItLetsGoOfIt() throws Exception {
    Process removal;
    try {
      try (LoopbackPair pair = new LoopbackPair()) {
        assertEquals(NAME, pair.context.device().name());
        AsyncEvents events = pair.context.events();
        removal = new ProcessBuilder("rdma", "link", "delete", NAME).inheritIO().start();
        assertFalse(removal.waitFor(1, TimeUnit.SECONDS), "the device is gone already");
        pair.leftPair
            .sends()
            .signaled()
            .write(1, pair.left, 0, 8, pair.right.address(), pair.right.rkey())
            .submit();
        assertTrue(pair.leftDone().succeeded());
        for (int i = 0; i < 20; i++) {
          Optional<AsyncEvent> event = events.await(Duration.ofMillis(50));
          assertNotEquals(Optional.of(AsyncEventType.DEVICE_FATAL), event.map(AsyncEvent::type));
        }
        assertTrue(removal.isAlive(), "the device went away while it was in use");
      }
      assertTrue(removal.waitFor(20, TimeUnit.SECONDS), "the device does not go away");
      assertEquals(0, removal.exitValue());
      assertFalse(isThere());
    } finally {
      bringBack();
    }
    new LoopbackPair().close();
  }

  private static boolean isThere() throws IOException {
    return Device.list().stream().anyMatch(device -> device.name().equals(NAME));
  }

  private static void bringBack() throws Exception {
    if (!isThere()) {
      Process process =
          new ProcessBuilder("rdma", "link", "add", NAME, "type", "rxe", "netdev", "eth0")
              .inheritIO()
              .start();
      assertTrue(process.waitFor(20, TimeUnit.SECONDS));
    }
    // Its addresses come a moment later.
    long deadline = System.nanoTime() + LoopbackPair.PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      try (DeviceFixture fixture = new DeviceFixture()) {
        if (fixture.context.gids(fixture.port).size() > 1) {
          return;
        }
      }
      Thread.sleep(50);
    }
    fail("the device does not come back");
  }
}
