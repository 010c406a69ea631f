package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What pyverbs' test_atomic.py has. */
@RdmaTest
class PyverbsAtomicTest {
  private static final Set<WorkStatus> LOCAL_ERRORS =
      EnumSet.of(WorkStatus.LOCAL_QP_ERROR, WorkStatus.LOCAL_PROTECTION_ERROR);
  private static final Set<WorkStatus> REMOTE_ERRORS =
      EnumSet.of(WorkStatus.REMOTE_ACCESS_ERROR, WorkStatus.REMOTE_INVALID_REQUEST);

  private static long number(MemoryRegion region, long offset) {
    return region.memory().get(ValueLayout.JAVA_LONG, offset);
  }

  @Test
  void cmpAndSwap() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      pair.right.memory().set(ValueLayout.JAVA_LONG, 8, 100);
      for (long expected : new long[] {99, 100, 100}) {
        long before = number(pair.right, 8);
        pair.leftPair
            .sends()
            .signaled()
            .compareAndSwap(
                1, pair.left, 0, pair.right.address() + 8, pair.right.rkey(), expected, 200)
            .submit();
        assertTrue(pair.leftDone().succeeded());
        assertEquals(before, number(pair.left, 0));
        assertEquals(before == expected ? 200 : before, number(pair.right, 8));
      }
    }
  }

  @Test
  void fetchAndAdd() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      pair.right.memory().set(ValueLayout.JAVA_LONG, 8, -3);
      for (long delta : new long[] {0, 5, -1, Long.MAX_VALUE, Long.MIN_VALUE}) {
        long before = number(pair.right, 8);
        pair.leftPair
            .sends()
            .signaled()
            .fetchAndAdd(1, pair.left, 0, pair.right.address() + 8, pair.right.rkey(), delta)
            .submit();
        assertTrue(pair.leftDone().succeeded());
        assertEquals(before, number(pair.left, 0));
        assertEquals(before + delta, number(pair.right, 8));
      }
    }
  }

  @Test
  void invalidLkey() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      MemoryRegion result = pair.allocate();
      SendBatch batch =
          pair.leftPair
              .sends()
              .fetchAndAdd(1, result, 0, pair.right.address(), pair.right.rkey(), 1);
      result.close();
      assertTrue(batch.submit());
      WorkStatus status = pair.leftDone().status();
      assertTrue(LOCAL_ERRORS.contains(status), status::toString);
    }
  }

  @Test
  void invalidRkey() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      pair.leftPair
          .sends()
          .fetchAndAdd(1, pair.left, 0, pair.right.address(), pair.right.rkey() ^ 0x5500, 1)
          .submit();
      WorkStatus status = pair.leftDone().status();
      assertEquals(WorkStatus.REMOTE_ACCESS_ERROR, status);
      assertEquals(0, number(pair.right, 0));
    }
  }

  @Test
  void invalidMrAccess() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      MemoryRegion noAtomics =
          pair.domain.allocate(4096, Access.LOCAL_WRITE, Access.REMOTE_READ, Access.REMOTE_WRITE);
      pair.leftPair
          .sends()
          .compareAndSwap(1, pair.left, 0, noAtomics.address(), noAtomics.rkey(), 0, 1)
          .submit();
      WorkStatus status = pair.leftDone().status();
      assertEquals(WorkStatus.REMOTE_ACCESS_ERROR, status);
      assertEquals(0, number(noAtomics, 0));
    }
  }

  @Test
  void invalidQpAccess() throws IOException {
    try (LoopbackPair pair =
        new LoopbackPair(
            config -> config,
            ConnectOptions.defaults()
                .withAccess(Set.of(Access.REMOTE_READ, Access.REMOTE_WRITE)))) {
      pair.leftPair
          .sends()
          .fetchAndAdd(1, pair.left, 0, pair.right.address(), pair.right.rkey(), 1)
          .submit();
      WorkStatus status = pair.leftDone().status();
      assertTrue(REMOTE_ERRORS.contains(status), status::toString);
      assertEquals(0, number(pair.right, 0));
    }
  }

  @Test
  void nonAlignedAddr() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () ->
                  pair.leftPair
                      .sends()
                      .fetchAndAdd(
                          1, pair.left, 0, pair.right.address() + 1, pair.right.rkey(), 1));
      assertTrue(e.getMessage().contains("multiple of 8"), e.getMessage());
    }
  }
}
