package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import io.verbena.verbs.LoopbackPair.Done;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** What pyverbs' test_mr.py has on memory windows. */
@RdmaTest
class PyverbsMwTest {
  @Test
  void mwType1() throws IOException {
    try (Windows windows = new Windows(MemoryWindowType.TYPE_1)) {
      windows.bind();
      windows.shouldWork();
    }
  }

  @Test
  void invalidateMwType1() throws IOException {
    try (Windows windows = new Windows(MemoryWindowType.TYPE_1)) {
      windows.bind();
      windows.shouldWork();
      assertTrue(windows.window.unbind(windows.pair.rightPair, 7, windows.region));
      assertEquals(WorkKind.BIND_WINDOW, windows.pair.rightDone().kind());
      assertFalse(windows.window.isBound());
      windows.shouldNotWork();
    }
  }

  @Test
  void mwType2() throws IOException {
    try (Windows windows = new Windows(MemoryWindowType.TYPE_2)) {
      windows.bind();
      windows.shouldWork();
    }
  }

  @Test
  void shouldCloseABoundWindowWithItsQueuePair() throws IOException {
    try (Windows windows = new Windows(MemoryWindowType.TYPE_2)) {
      windows.bind();
      long start = System.nanoTime();
      windows.pair.rightPair.close();
      assertFalse(windows.window.isOpen());
      assertTrue(windows.region.isOpen());
      // A device that waits for the window would do so for 50 s.
      assertTrue(System.nanoTime() - start < LoopbackPair.PATIENCE.toNanos());
    }
  }

  @Test
  void shouldCountOnlyWhatWasPosted() throws IOException {
    try (Windows windows = new Windows(MemoryWindowType.TYPE_2)) {
      MemoryWindow window = windows.window;
      SendBatch sends = windows.pair.rightPair.sends();
      int unbound = window.rkey();
      sends.bind(1, window, windows.region, 1024, 4096, Windows.RIGHTS);
      assertNotEquals(unbound, window.rkey(), "the peer can be told in the same batch");
      assertFalse(window.isBound());
      sends.clear();
      assertEquals(unbound, window.rkey());
      windows.bind();
      int bound = window.rkey();
      sends.invalidate(2, window);
      assertTrue(window.isBound());
      sends.clear();
      // Nor does a queue pair count that was never asked.
      windows.pair.leftPair.sends().bind(3, window, windows.region, 0, 8, Windows.RIGHTS);
      windows.pair.leftPair.sends().clear();
      assertTrue(window.isBound());
      assertEquals(bound, window.rkey());
      windows.shouldWork();
      windows.pair.leftPair.close();
      assertTrue(window.isOpen());
      long start = System.nanoTime();
      windows.pair.rightPair.close();
      assertFalse(window.isOpen());
      assertTrue(System.nanoTime() - start < LoopbackPair.PATIENCE.toNanos());
    }
  }

  @Test
  void shouldCloseAWindowWhoseEndWasFlushed() throws IOException {
    try (Windows windows = new Windows(MemoryWindowType.TYPE_2)) {
      windows.bind();
      windows.pair.rightPair.modify(new QueuePairTransition.ToError());
      windows.pair.rightPair.sends().signaled().invalidate(2, windows.window).submit();
      assertEquals(WorkStatus.FLUSHED, windows.pair.rightDone().status());
      long start = System.nanoTime();
      windows.pair.rightPair.close();
      assertFalse(windows.window.isOpen());
      assertTrue(System.nanoTime() - start < LoopbackPair.PATIENCE.toNanos());
    }
  }

  @Test
  void shouldKeepAWindowThatWasEndedWhenTheQueuePairIsClosed() throws IOException {
    try (Windows windows = new Windows(MemoryWindowType.TYPE_2)) {
      windows.bind();
      windows.pair.rightPair.sends().signaled().invalidate(2, windows.window).submit();
      assertTrue(windows.pair.rightDone().succeeded());
      windows.pair.rightPair.close();
      assertTrue(windows.window.isOpen());
    }
  }

  @Test
  void mwType2InvalidateLocal() throws IOException {
    try (Windows windows = new Windows(MemoryWindowType.TYPE_2)) {
      windows.bind();
      windows.shouldWork();
      int old = windows.window.rkey();
      windows.pair.rightPair.sends().signaled().invalidate(8, windows.window).submit();
      assertEquals(
          new Done(8, WorkStatus.SUCCESS, WorkKind.INVALIDATE, 0),
          Windows.quiet(windows.pair.rightDone()));
      assertFalse(windows.window.isBound());
      // It can be bound again, with another key.
      windows.bind();
      assertNotEquals(old, windows.window.rkey());
      windows.shouldWork();
      windows.pair.rightPair.sends().signaled().invalidate(8, windows.window).submit();
      assertTrue(windows.pair.rightDone().succeeded());
      windows.shouldNotWork();
    }
  }

  /** The peer ends the window; the completion of its message. */
  private static Completions endedByThePeer(Windows windows) throws VerbsException {
    windows.bind();
    windows.shouldWork();
    LoopbackPair pair = windows.pair;
    pair.rightPair.receives().receive(4, pair.right, 0, 64).submit();
    pair.leftPair
        .sends()
        .signaled()
        .sendInvalidate(5, pair.left, 0, 6, windows.window.rkey())
        .submit();
    assertTrue(pair.leftDone().succeeded());
    Completions got = LoopbackPair.next(pair.rightQueue);
    assertTrue(got.succeeded());
    assertFalse(got.hasImmediate());
    return got;
  }

  @Test
  void mwType2InvalidateRemote() throws IOException {
    try (Windows windows = new Windows(MemoryWindowType.TYPE_2)) {
      endedByThePeer(windows);
      windows.shouldNotWork();
    }
  }

  @Test
  void shouldSayWhichWindowThePeerHasEnded() throws IOException {
    try (Windows windows = new Windows(MemoryWindowType.TYPE_2)) {
      Completions got = endedByThePeer(windows);
      assertTrue(got.hasInvalidated());
      assertEquals(windows.window.rkey(), got.invalidatedKey());
      assertTrue(windows.window.invalidatedBy(got));
      assertFalse(windows.window.isBound());
      assertFalse(windows.window.invalidatedBy(got), "twice");
      // A second end would crash the kernel of soft-RoCE.
      SendBatch sends = windows.pair.rightPair.sends();
      assertThrows(IllegalStateException.class, () -> sends.invalidate(9, windows.window));
      windows.bind();
      windows.shouldWork();
      windows.pair.rightPair.receives().receive(6, windows.pair.right, 0, 64).submit();
      windows.pair.leftPair.sends().signaled().send(7, windows.pair.left, 0, 6).submit();
      assertTrue(windows.pair.leftDone().succeeded());
      got = LoopbackPair.next(windows.pair.rightQueue);
      assertFalse(got.hasInvalidated());
      assertFalse(windows.window.invalidatedBy(got));
    }
  }

  @Test
  void mwType2InvalidateDealloc() throws IOException {
    try (Windows windows = new Windows(MemoryWindowType.TYPE_2)) {
      windows.bind();
      windows.shouldWork();
      windows.window.close();
      windows.shouldNotWork();
    }
  }

  @Test
  void shouldCheckTheRegionWhenUnbinding() throws IOException {
    try (Windows windows = new Windows(MemoryWindowType.TYPE_1)) {
      windows.bind();
      QueuePair owner = windows.pair.rightPair;
      assertThrows(
          IllegalArgumentException.class,
          () -> windows.window.unbind(owner, 7, windows.pair.right),
          "takes no windows");
      try (ProtectionDomain other = windows.pair.context.createDomain()) {
        MemoryRegion foreign = other.allocate(4096, Access.LOCAL_WRITE, Access.WINDOW_BIND);
        assertThrows(
            IllegalArgumentException.class, () -> windows.window.unbind(owner, 7, foreign));
        foreign.close();
        assertThrows(IllegalStateException.class, () -> windows.window.unbind(owner, 7, foreign));
      }
      assertThrows(
          IllegalArgumentException.class,
          () -> windows.window.bind(owner, 7, windows.region, 0, 64, Access.LOCAL_WRITE));
      windows.shouldWork();
    }
  }

  @Test
  void regMwWrongType() throws IOException {
    try (Windows type1 = new Windows(MemoryWindowType.TYPE_1);
        Windows type2 = new Windows(MemoryWindowType.TYPE_2)) {
      // A wrong type cannot be said in Java; the wrong way to bind it can.
      assertThrows(
          IllegalStateException.class,
          () ->
              type1
                  .pair
                  .rightPair
                  .sends()
                  .bind(1, type1.window, type1.region, 0, 8, Windows.RIGHTS));
      assertThrows(
          IllegalStateException.class,
          () -> type2.window.bind(type2.pair.rightPair, 1, type2.region, 0, 8, Windows.RIGHTS));
      assertThrows(
          IllegalStateException.class,
          () -> type1.pair.rightPair.sends().invalidate(1, type1.window));
      assertEquals(0, type1.pair.rightPair.sends().size());
    }
  }

  @Test
  void shouldRefuseToInvalidateAWindowThatIsNotBoundHere() throws IOException {
    try (LoopbackPair pair = new LoopbackPair();
        MemoryWindow window = pair.domain.createMemoryWindow(MemoryWindowType.TYPE_2);
        MemoryRegion region =
            pair.domain.allocate(
                4096, Access.LOCAL_WRITE, Access.REMOTE_WRITE, Access.WINDOW_BIND)) {
      SendBatch left = pair.leftPair.sends();
      SendBatch right = pair.rightPair.sends();
      assertThrows(IllegalStateException.class, () -> left.invalidate(1, window));
      left.bind(2, window, region, 0, 4096, Access.REMOTE_WRITE).signaled().invalidate(3, window);
      assertThrows(IllegalStateException.class, () -> left.invalidate(4, window));
      assertThrows(IllegalStateException.class, () -> right.invalidate(5, window));
      assertTrue(left.submit());
      assertTrue(pair.leftDone().succeeded());
      assertThrows(IllegalStateException.class, () -> left.invalidate(6, window));
    }
  }

  @Test
  void shouldRefuseWhatCannotBeBound() throws IOException {
    try (Windows windows = new Windows(MemoryWindowType.TYPE_2);
        LoopbackPair other = new LoopbackPair()) {
      SendBatch sends = windows.pair.rightPair.sends();
      MemoryWindow window = windows.window;
      illegal("WINDOW_BIND", () -> sends.bind(1, window, windows.pair.right, 0, 8, Windows.RIGHTS));
      illegal("not within", () -> sends.bind(1, window, windows.region, 8190, 3, Windows.RIGHTS));
      illegal("not within", () -> sends.bind(1, window, windows.region, 0, 0, Windows.RIGHTS));
      MemoryRegion readable = windows.pair.domain.allocate(64, Access.WINDOW_BIND);
      illegal("LOCAL_WRITE", () -> sends.bind(1, window, readable, 0, 8, Access.REMOTE_WRITE));
      illegal(
          "another protection domain",
          () -> other.leftPair.sends().bind(1, window, windows.region, 0, 8, Windows.RIGHTS));
      sends.bind(1, window, windows.region, 0, 8, Windows.RIGHTS);
      windows.region.close();
      assertThrows(IllegalStateException.class, sends::submit);
      assertEquals(0, sends.size());
    }
  }

  private static void illegal(String part, org.junit.jupiter.api.function.Executable call) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, call, part);
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }
}
