package io.verbena.rdmacm;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaDevice;
import io.verbena.RdmaTest;
import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Closing at any time, from any thread, in any order. */
@RdmaTest
class CmLifetimeTest {
  private static final ConnectionParameters DEFAULTS = ConnectionParameters.defaults();

  @Test
  void shouldCloseEverythingWithTheManager() throws Exception {
    try (CmFixture cm = new CmFixture();
        ConnectionListener listener = cm.listen();
        Side left = cm.left();
        Side right = cm.right();
        Route spare = cm.resolve(listener)) {
      CmFixture.Ends ends = cm.connect(listener, left, right);
      cm.active.close();
      assertTrue(ends.server().awaitDisconnect(Side.PATIENCE));
      cm.passive.close();
      for (Executable call :
          List.<Executable>of(
              () -> listener.await(Duration.ZERO),
              () -> cm.active.await(Duration.ZERO),
              () -> cm.active.resolve(CmFixture.address(4), Side.PATIENCE),
              () -> cm.passive.listen(CmFixture.address(0)),
              () -> ends.client().disconnect(),
              () -> ends.server().awaitDisconnect(Duration.ZERO),
              () -> ends.client().localAddress(),
              () -> ends.client().moveTo(cm.passive),
              () -> spare.device(),
              () -> spare.prepare(left.pair),
              () -> spare.connect(left.pair, DEFAULTS, Side.PATIENCE))) {
        IllegalStateException e = assertThrows(IllegalStateException.class, call);
        assertTrue(e.getMessage().contains("closed"), e.getMessage());
      }
      cm.active.wakeup();
    }
  }

  @Test
  void shouldSurviveClosingInAnyOrderWhileItConnects() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 25; round++) {
      CmFixture cm = new CmFixture();
      ConnectionListener listener = cm.listen();
      Side left = cm.left();
      Side right = cm.right();
      Route route = cm.resolve(listener);
      List<CompletableFuture<?>> running =
          List.of(
              CmFixture.start(
                  () ->
                      listener
                          .await(Side.PATIENCE)
                          .orElseThrow()
                          .accept(right.pair, DEFAULTS, Side.PATIENCE)
                          .awaitDisconnect(Side.PATIENCE)),
              CmFixture.start(
                  () ->
                      route
                          .connect(left.pair, DEFAULTS, Side.PATIENCE)
                          .awaitDisconnect(Side.PATIENCE)),
              CmFixture.start(() -> cm.active.await(Side.PATIENCE)));
      List<AutoCloseable> all =
          new ArrayList<>(
              List.of(
                  cm.active,
                  cm.passive,
                  listener,
                  route,
                  left.pair,
                  right.pair,
                  left.domain.context(),
                  right.domain.context()));
      Collections.shuffle(all, random);
      for (AutoCloseable each : all) {
        Thread.sleep(random.nextInt(12));
        each.close();
      }
      for (CompletableFuture<?> each : running) {
        Throwable cause = each.handle((result, e) -> e).get(30, TimeUnit.SECONDS);
        assertTrue(
            cause == null
                || cause instanceof IllegalStateException
                || cause instanceof ConnectionException,
            () -> "seed " + seed + ": " + cause);
      }
      left.close();
      right.close();
    }
  }

  @Test
  void shouldOpenADeviceAnewThatWasRemoved() throws Exception {
    try (CmFixture cm = new CmFixture()) {
      Device device = RdmaDevice.find();
      Context before = cm.active.context(device);
      assertSame(before, cm.active.context(device));
      // The event itself needs a device that goes away.
      cm.active.lock();
      try {
        cm.active.deviceRemoved(device);
      } finally {
        cm.active.unlock();
      }
      Context after = cm.active.context(device);
      assertNotSame(before, after);
      assertTrue(before.isOpen());
      cm.active.close();
      assertFalse(before.isOpen());
      assertFalse(after.isOpen());
    }
  }
}
