package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.verbena.RdmaTest;
import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.ExtendedVerbs;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_mw;
import io.verbena.ffi.verbs.ibv_mw_bind;
import io.verbena.ffi.verbs.ibv_mw_bind_info;
import io.verbena.ffi.verbs.ibv_qp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What memory windows hold on to, and when they are not to be touched any more. */
@RdmaTest
class MemoryWindowTest {
  @ParameterizedTest
  @EnumSource
  void shouldCloseAWindowThatKeepsItsRegion(MemoryWindowType type) throws IOException {
    try (Windows windows = new Windows(type);
        MemoryWindow bystander = windows.pair.domain.createMemoryWindow(type)) {
      windows.bind();
      // Another one that was bound to the region, but moved or ended.
      MemoryRegion elsewhere =
          windows.pair.domain.allocate(8192, Access.LOCAL_WRITE, Access.WINDOW_BIND);
      QueuePair owner = windows.pair.rightPair;
      if (type == MemoryWindowType.TYPE_1) {
        assertTrue(bystander.bind(owner, 1, windows.region, 0, 8, Windows.RIGHTS));
        assertTrue(bystander.bind(owner, 2, elsewhere, 0, 8, Windows.RIGHTS));
      } else {
        owner.sends().bind(1, bystander, windows.region, 0, 8, Windows.RIGHTS);
        owner.sends().signaled().invalidate(2, bystander).submit();
      }
      while (windows.pair.rightDone().id() != 2) {
        // The next one.
      }
      windows.region.close();
      assertFalse(windows.region.memory().scope().isAlive(), "its memory is given back");
      assertTrue(bystander.isOpen());
      // Where the device lets go of the region all the same, nothing else is to be closed.
      if (!windows.window.isOpen()) {
        assertThrows(IllegalStateException.class, () -> windows.bind());
      }
      windows.pair.domain.close();
      assertFalse(elsewhere.memory().scope().isAlive());
    }
  }

  @ParameterizedTest
  @EnumSource
  void shouldCloseARegionWhoseWindowMayBeElsewhere(MemoryWindowType type) throws IOException {
    try (Windows windows = new Windows(type)) {
      windows.bind();
      MemoryRegion elsewhere =
          windows.pair.domain.allocate(8192, Access.LOCAL_WRITE, Access.WINDOW_BIND);
      QueuePair owner = windows.pair.rightPair;
      owner.modify(new QueuePairTransition.ToError());
      if (type == MemoryWindowType.TYPE_1) {
        assertTrue(windows.window.bind(owner, 2, elsewhere, 0, 8, Windows.RIGHTS));
      } else {
        owner.sends().signaled().bind(2, windows.window, elsewhere, 0, 8, Windows.RIGHTS).submit();
      }
      assertEquals(WorkStatus.FLUSHED, windows.pair.rightDone().status());
      windows.region.close();
      assertFalse(windows.region.memory().scope().isAlive());
    }
  }

  /** Binds a window behind the back of its object, so that nothing here knows about it. */
  private static void bindUnseen(LoopbackPair pair, MemorySegment window, MemoryRegion region)
      throws VerbsException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bind = ibv_mw_bind.allocate(arena);
      MemorySegment info = ibv_mw_bind.bind_info(bind);
      ibv_mw_bind_info.mr(info, region.handle);
      ibv_mw_bind_info.addr(info, region.address());
      ibv_mw_bind_info.length(info, 8);
      ibv_mw_bind_info.mw_access_flags(info, Access.windowFlags(List.of(Windows.RIGHTS)));
      MemorySegment queue = pair.rightPair.handle;
      assertEquals(0, ExtendedVerbs.bindMw(pair.context.handle, queue, window, bind));
      // It is done when a later request is.
      pair.rightPair.sends().signaled().send(1, pair.right, 0, 0);
      pair.leftPair.receives().receive(1, pair.left, 0, 0).submit();
      assertTrue(pair.rightPair.sends().submit());
      assertTrue(pair.rightDone().succeeded());
    }
  }

  /** The device does not let go of a region that has the memory of another one. */
  private static MemoryRegion stuckRegion(LoopbackPair pair, MemorySegment window)
      throws VerbsException {
    MemoryRegion region = pair.domain.allocate(8192, Access.LOCAL_WRITE, Access.WINDOW_BIND);
    MemoryRegion again = pair.domain.register(region, Access.LOCAL_WRITE, Access.WINDOW_BIND);
    bindUnseen(pair, window, again);
    String refusal = "";
    try {
      region.close();
    } catch (UncheckedIOException e) {
      refusal = e.getMessage();
    }
    assumeFalse(refusal.isEmpty(), "the device lets go of a region that a window is bound to");
    assertTrue(refusal.contains("ibv_dereg_mr"), refusal);
    assertFalse(region.isOpen());
    assertTrue(region.memory().scope().isAlive(), "the device may still write to it");
    return region;
  }

  @Test
  void shouldTryAgainToCloseARegionWithItsDomain() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      MemoryWindow window = pair.domain.createMemoryWindow(MemoryWindowType.TYPE_1);
      MemoryRegion region = stuckRegion(pair, window.handle);
      pair.domain.close();
      assertFalse(region.memory().scope().isAlive());
    }
  }

  @Test
  void shouldGiveMemoryBackWithTheContextIfTheDeviceKeepsTheRegion() throws IOException {
    try (LoopbackPair pair = new LoopbackPair();
        Arena arena = Arena.ofConfined()) {
      MemorySegment unknown =
          ExtendedVerbs.allocMw(
              ErrnoCalls.capture(arena),
              pair.context.handle,
              pair.domain.handle,
              MemoryWindowType.TYPE_1.code());
      assertNotEquals(0, unknown.address());
      MemoryRegion region = stuckRegion(pair, unknown);
      UncheckedIOException e = assertThrows(UncheckedIOException.class, pair.domain::close);
      assertTrue(e.getMessage().contains("close the context"), e.getMessage());
      assertTrue(region.memory().scope().isAlive());
      pair.context.close();
      assertFalse(region.memory().scope().isAlive());
    }
  }

  @Test
  void shouldKeepMemoryIfAQueuePairMayKeepTheContext() throws IOException {
    try (LoopbackPair pair = new LoopbackPair();
        Arena arena = Arena.ofConfined()) {
      MemorySegment unknown =
          ExtendedVerbs.allocMw(
              ErrnoCalls.capture(arena),
              pair.context.handle,
              pair.domain.handle,
              MemoryWindowType.TYPE_1.code());
      assertNotEquals(0, unknown.address());
      MemoryRegion region = stuckRegion(pair, unknown);
      MemorySegment broken = pair.leftPair.handle;
      int number = ibv_qp.handle(broken);
      // The kernel knows no queue pair of this number, so the library cannot destroy it.
      ibv_qp.handle(broken, -1);
      UncheckedIOException e = assertThrows(UncheckedIOException.class, pair.leftPair::close);
      assertTrue(e.getMessage().contains("ibv_destroy_qp"), e.getMessage());
      // Nothing is to be left behind for other tests.
      ibv_qp.handle(broken, number);
      assertEquals(0, Verbs.ibv_destroy_qp(broken));
      assertThrows(UncheckedIOException.class, pair.domain::close);
      pair.context.close();
      assertTrue(region.memory().scope().isAlive(), "the device might still write to it");
    }
  }

  @Test
  void shouldSayWhyTheDeviceKeepsARegion() throws IOException {
    try (Windows windows = new Windows(MemoryWindowType.TYPE_1)) {
      windows.bind();
      MemorySegment window = windows.window.handle;
      int number = ibv_mw.handle(window);
      // The kernel knows no window of this number, so the library cannot destroy it.
      ibv_mw.handle(window, -1);
      String refusal = "";
      try {
        windows.region.close();
      } catch (UncheckedIOException e) {
        assertEquals(1, e.getCause().getSuppressed().length);
        refusal = e.getMessage() + e.getCause().getSuppressed()[0].getMessage();
      }
      ibv_mw.handle(window, number);
      if (!windows.window.isOpen()) {
        assertEquals(0, ExtendedVerbs.deallocMw(windows.pair.context.handle, window));
      }
      assumeFalse(refusal.isEmpty(), "the device lets go of a region that a window is bound to");
      assertTrue(refusal.contains("ibv_dereg_mr"), refusal);
      assertTrue(refusal.contains("ibv_dealloc_mw"), refusal);
    }
  }

  /** Whether a window is bound, is not known; nor is it safe to ask soft-RoCE, which crashes. */
  private static void shouldBeInDoubt(Windows windows) throws VerbsException {
    SendBatch sends = windows.pair.rightPair.sends();
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> sends.invalidate(9, windows.window));
    assertTrue(e.getMessage().contains("create another one"), e.getMessage());
    windows.window.close();
    windows.region.close();
    assertFalse(windows.region.memory().scope().isAlive());
  }

  private static void reconnect(LoopbackPair pair) throws VerbsException {
    pair.leftPair.modify(new QueuePairTransition.ToReset());
    pair.rightPair.modify(new QueuePairTransition.ToReset());
    QueuePairAddress left = pair.leftPair.address(pair.port, pair.gidIndex);
    pair.leftPair.connect(pair.rightPair.address(pair.port, pair.gidIndex));
    pair.rightPair.connect(left);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldNotInvalidateAWindowWhoseBindingWasFlushed(boolean polled) throws IOException {
    try (Windows windows = new Windows(MemoryWindowType.TYPE_2)) {
      LoopbackPair pair = windows.pair;
      SendBatch sends = pair.rightPair.sends();
      pair.rightPair.modify(new QueuePairTransition.ToError());
      sends.signaled().bind(1, windows.window, windows.region, 0, 8, Windows.RIGHTS).submit();
      if (polled) {
        assertEquals(WorkStatus.FLUSHED, pair.rightDone().status());
      }
      reconnect(pair);
      shouldBeInDoubt(windows);
    }
  }

  @Test
  void shouldInvalidateAWindowThatWasBoundBeforeAReset() throws IOException {
    try (Windows windows = new Windows(MemoryWindowType.TYPE_2)) {
      windows.bind();
      reconnect(windows.pair);
      windows.pair.rightPair.sends().signaled().invalidate(3, windows.window).submit();
      assertTrue(windows.pair.rightDone().succeeded());
    }
  }

  /** The pair goes wrong and is connected again. */
  private static void fail(Windows windows, MemoryWindow bystander) throws VerbsException {
    SendBatch sends = windows.pair.rightPair.sends();
    windows.pair.rightPair.modify(new QueuePairTransition.ToError());
    sends.signaled().bind(9, bystander, windows.region, 0, 8, Windows.RIGHTS).submit();
    assertEquals(WorkStatus.FLUSHED, windows.pair.rightDone().status());
    reconnect(windows.pair);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldInvalidateAWindowThatWasBoundBetweenTwoResets(boolean failing) throws IOException {
    try (Windows windows = new Windows(MemoryWindowType.TYPE_2);
        MemoryWindow bystander = windows.pair.domain.createMemoryWindow(MemoryWindowType.TYPE_2)) {
      fail(windows, bystander);
      windows.bind();
      if (failing) {
        fail(windows, bystander);
      } else {
        reconnect(windows.pair);
      }
      windows.pair.rightPair.sends().signaled().invalidate(3, windows.window).submit();
      assertTrue(windows.pair.rightDone().succeeded());
    }
  }

  @Test
  void shouldKeepAWindowThatHasMovedToAnotherQueuePair() throws IOException {
    try (Windows windows = new Windows(MemoryWindowType.TYPE_2);
        MemoryWindow bystander = windows.pair.domain.createMemoryWindow(MemoryWindowType.TYPE_2)) {
      LoopbackPair pair = windows.pair;
      fail(windows, bystander);
      windows.bind();
      pair.rightPair.sends().signaled().invalidate(3, windows.window).submit();
      assertTrue(pair.rightDone().succeeded());
      fail(windows, bystander);
      pair.leftPair
          .sends()
          .signaled()
          .bind(4, windows.window, windows.region, 0, 8, Windows.RIGHTS)
          .submit();
      // Nobody has polled the new binding yet, so it is not what says that the old one is over.
      pair.rightPair.close();
      assertTrue(windows.window.isOpen());
      assertTrue(pair.leftDone().succeeded());
      pair.leftPair.sends().signaled().invalidate(5, windows.window).submit();
      assertTrue(pair.leftDone().succeeded());
    }
  }

  @Test
  void shouldNotInvalidateAWindowThatTheDeviceRefusedToBind() throws IOException {
    try (Windows windows = new Windows(MemoryWindowType.TYPE_2)) {
      windows.bind();
      SendBatch sends = windows.pair.rightPair.sends();
      // It is bound already.
      sends.signaled().bind(2, windows.window, windows.region, 0, 8, Windows.RIGHTS).submit();
      assertFalse(windows.pair.rightDone().succeeded());
      reconnect(windows.pair);
      shouldBeInDoubt(windows);
    }
  }
}
