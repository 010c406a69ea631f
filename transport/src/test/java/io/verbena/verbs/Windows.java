package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.verbs.LoopbackPair.Done;
import java.io.IOException;

/** A region and a window for it: the right side of a pair owns them, the left one uses them. */
final class Windows implements AutoCloseable {
  static final Access[] RIGHTS = {Access.REMOTE_READ, Access.REMOTE_WRITE};

  final LoopbackPair pair = new LoopbackPair();
  final MemoryRegion region;
  final MemoryWindow window;

  Windows(MemoryWindowType type) throws IOException {
    boolean ready = false;
    try {
      region = pair.domain.allocate(8192, Access.LOCAL_WRITE, Access.WINDOW_BIND);
      window = pair.domain.createMemoryWindow(type);
      assertEquals(type, window.type());
      assertFalse(window.isBound());
      ready = true;
    } finally {
      if (!ready) {
        pair.close();
      }
    }
  }

  void bind() throws VerbsException {
    int before = window.rkey();
    if (window.type() == MemoryWindowType.TYPE_1) {
      assertTrue(window.bind(pair.rightPair, 1, region, 1024, 4096, RIGHTS));
    } else {
      pair.rightPair.sends().signaled().bind(1, window, region, 1024, 4096, RIGHTS).submit();
    }
    Done bound = pair.rightDone();
    assertEquals(new Done(1, WorkStatus.SUCCESS, WorkKind.BIND_WINDOW, 0), quiet(bound));
    assertTrue(window.isBound());
    assertNotEquals(before, window.rkey());
  }

  Done writeThroughIt() throws VerbsException {
    LoopbackPair.put(pair.left, 0, "window");
    pair.leftPair
        .sends()
        .signaled()
        .write(2, pair.left, 0, 6, region.address() + 1024, window.rkey())
        .submit();
    return pair.leftDone();
  }

  void shouldWork() throws VerbsException {
    assertTrue(writeThroughIt().succeeded());
    assertEquals("window", LoopbackPair.get(region, 1024, 6));
    pair.leftPair
        .sends()
        .signaled()
        .read(3, pair.left, 100, 6, region.address() + 1024, window.rkey())
        .submit();
    assertTrue(pair.leftDone().succeeded());
    assertEquals("window", LoopbackPair.get(pair.left, 100, 6));
  }

  void shouldNotWork() throws VerbsException {
    assertEquals(WorkStatus.REMOTE_ACCESS_ERROR, writeThroughIt().status());
  }

  @Override
  public void close() {
    pair.close();
  }

  /** A binding has no length that a completion could tell. */
  static Done quiet(Done done) {
    return new Done(done.id(), done.status(), done.kind(), 0);
  }
}
