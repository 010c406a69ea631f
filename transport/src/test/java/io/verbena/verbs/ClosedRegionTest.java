package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import io.verbena.verbs.LoopbackPair.Done;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A region is closed while requests that name it are in flight, here or at the peer. */
@RdmaTest
class ClosedRegionTest {
  private static final int BYTES = 1 << 20;
  private static final int MESSAGE = 8;

  /** What the adapter says of a request whose own memory is gone. */
  private static final Set<WorkStatus> LOCAL =
      EnumSet.of(
          WorkStatus.LOCAL_PROTECTION_ERROR,
          WorkStatus.LOCAL_QP_ERROR,
          WorkStatus.LOCAL_ACCESS_ERROR);

  private static final Access[] RIGHTS = {
    Access.LOCAL_WRITE, Access.REMOTE_READ, Access.REMOTE_WRITE, Access.REMOTE_ATOMIC
  };

  /** A send waits for a receive as long as it takes. */
  private static final ConnectOptions PATIENT =
      ConnectOptions.defaults().withRnrRetry(7).withMinRnrTimer(1).withTimeout(18);

  /** What a request does, with eight bytes at the start of a region here and of one at the peer. */
  enum Kind {
    WRITE,
    READ,
    FETCH_AND_ADD,
    COMPARE_AND_SWAP;

    void add(SendBatch batch, MemoryRegion local, MemoryRegion remote) {
      SendBatch next = batch.signaled();
      long address = remote.address();
      int key = remote.rkey();
      switch (this) {
        case WRITE -> next.write(2, local, 0, MESSAGE, address, key);
        case READ -> next.read(2, local, 0, MESSAGE, address, key);
        case FETCH_AND_ADD -> next.fetchAndAdd(2, local, 0, address, key, 1);
        case COMPARE_AND_SWAP -> next.compareAndSwap(2, local, 0, address, key, 0, 1);
      }
    }
  }

  /**
   * Posts a request behind a send that waits for a receive of the peer, so that it is in flight;
   * closes a region that it names; and lets it go on.
   */
  private static Done closeInFlight(
      LoopbackPair pair, Kind kind, MemoryRegion local, MemoryRegion remote, MemoryRegion closed)
      throws VerbsException {
    SendBatch sends = pair.leftPair.sends();
    sends.signaled().send(1, pair.left, 0, 0);
    kind.add(sends, local, remote);
    assertTrue(sends.submit());
    closed.close();
    assertFalse(pair.leftQueue.poll().next(), "both are in flight");
    assertFalse(closed.memory().scope().isAlive(), "the memory is given back at once");
    assertTrue(pair.rightPair.receives().receive(1, pair.right, 0, 0).submit());
    Done first = pair.leftDone();
    assertEquals(1, first.id());
    assertTrue(first.succeeded(), first::toString);
    Done second = pair.leftDone();
    assertEquals(2, second.id());
    return second;
  }

  @ParameterizedTest
  @EnumSource(names = {"READ", "FETCH_AND_ADD", "COMPARE_AND_SWAP"})
  void shouldEndAFetchIntoARegionThatIsClosed(Kind kind) throws IOException {
    try (LoopbackPair pair = new LoopbackPair(config -> config, PATIENT)) {
      MemoryRegion closed = pair.domain.allocate(BYTES, RIGHTS);
      Done done = closeInFlight(pair, kind, closed, pair.right, closed);
      assertTrue(LOCAL.contains(done.status()), done::toString);
    }
  }

  /** Both wait for a receive of the peer, and are sent again when it is there. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldEndAMessageFromARegionThatIsClosed(boolean write) throws IOException {
    try (LoopbackPair pair = new LoopbackPair(config -> config, PATIENT)) {
      MemoryRegion closed = pair.domain.allocate(BYTES, RIGHTS);
      LoopbackPair.put(closed, 0, "too late");
      SendBatch sends = pair.leftPair.sends().signaled();
      if (write) {
        long address = pair.right.address();
        sends.writeImmediate(1, closed, 0, MESSAGE, address, pair.right.rkey(), 5);
      } else {
        sends.send(1, closed, 0, MESSAGE);
      }
      assertTrue(sends.submit());
      assertFalse(pair.leftQueue.poll().next(), "it is in flight");
      closed.close();
      assertTrue(pair.rightPair.receives().receive(1, pair.right, 0, MESSAGE).submit());
      Done done = pair.leftDone();
      assertTrue(LOCAL.contains(done.status()), done::toString);
    }
  }

  /**
   * Soft-RoCE says nothing of a message whose region is gone while one before it waits for the
   * peer, nor of that one; other devices end both.
   */
  @Test
  void shouldEndWithItsQueuePairWhatTheDeviceLeavesHanging() throws Exception {
    try (LoopbackPair pair = new LoopbackPair(config -> config, PATIENT)) {
      MemoryRegion closed = pair.domain.allocate(BYTES, RIGHTS);
      SendBatch sends = pair.leftPair.sends();
      sends.signaled().send(1, pair.left, 0, 0);
      sends.signaled().send(2, closed, 0, MESSAGE);
      assertTrue(sends.submit());
      closed.close();
      assertFalse(pair.leftQueue.poll().next(), "both are in flight");
      Thread.sleep(500);
      pair.leftPair.modify(new QueuePairTransition.ToError());
      for (Done done : pair.leftDone(2)) {
        assertTrue(LOCAL.contains(done.status()) || done.status() == WorkStatus.FLUSHED);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void shouldEndAPeersRequestToARegionThatIsClosed(Kind kind) throws IOException {
    try (LoopbackPair pair = new LoopbackPair(config -> config, PATIENT)) {
      MemoryRegion closed = pair.domain.allocate(BYTES, RIGHTS);
      pair.left.memory().fill((byte) 7);
      Done done = closeInFlight(pair, kind, pair.left, closed, closed);
      assertEquals(WorkStatus.REMOTE_ACCESS_ERROR, done.status());
      assertEquals(7, pair.left.memory().get(ValueLayout.JAVA_BYTE, 0), "nothing was fetched");
    }
  }

  @Test
  void shouldEndAReceiveWhoseRegionIsClosed() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      MemoryRegion closed = pair.domain.allocate(BYTES, RIGHTS);
      assertTrue(pair.rightPair.receives().receive(1, closed, 0, BYTES).submit());
      closed.close();
      LoopbackPair.put(pair.left, 0, "too late");
      assertTrue(pair.leftPair.sends().signaled().send(2, pair.left, 0, MESSAGE).submit());
      Done received = pair.rightDone();
      assertTrue(LOCAL.contains(received.status()), received::toString);
      Done sent = pair.leftDone();
      assertTrue(
          EnumSet.of(WorkStatus.REMOTE_OPERATION_ERROR, WorkStatus.REMOTE_ACCESS_ERROR)
              .contains(sent.status()),
          sent::toString);
    }
  }

  @Test
  void shouldSendWhatWasCopiedInline() throws IOException {
    try (LoopbackPair pair = new LoopbackPair(config -> config.withInlineBytes(64), PATIENT)) {
      MemoryRegion closed = pair.domain.allocate(BYTES, RIGHTS);
      LoopbackPair.put(closed, 0, "a copy");
      SendBatch sends = pair.leftPair.sends();
      assertTrue(sends.signaled().inline().send(1, closed, 0, 6).submit());
      closed.close();
      assertTrue(pair.rightPair.receives().receive(1, pair.right, 0, 64).submit());
      assertTrue(pair.leftDone().succeeded());
      assertTrue(pair.rightDone().succeeded());
      assertEquals("a copy", LoopbackPair.get(pair.right, 0, 6));
    }
  }

  /**
   * Soft-RoCE takes very many registrations to use a key again, adapters with a cache of keys take
   * one. Here the request gets the key that it would have been.
   */
  @Test
  void shouldNotReceiveIntoTheNextRegionIfThatGetsTheSameKey() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      MemoryRegion closed = pair.domain.allocate(BYTES, RIGHTS);
      ReceiveBatch receives = pair.rightPair.receives();
      receives.receive(1, closed, 0, BYTES);
      closed.close();
      MemoryRegion next = pair.domain.allocate(BYTES, RIGHTS);
      receives.slots.set(ValueLayout.JAVA_INT, receives.elements + WorkBatch.SGE_LKEY, next.lkey());
      assertTrue(receives.submit());
      LoopbackPair.put(pair.left, 0, "too late");
      assertTrue(pair.leftPair.sends().signaled().send(2, pair.left, 0, MESSAGE).submit());
      Done received = pair.rightDone();
      assertTrue(LOCAL.contains(received.status()), received::toString);
      assertFalse(pair.leftDone().succeeded());
      assertEquals(-1, next.memory().mismatch(MemorySegment.ofArray(new byte[BYTES])));
    }
  }

  /** The same at the peer: whoever has a connection may have the addresses of all times. */
  @Test
  void shouldNotLetAPeerReachTheNextRegionIfThatGetsTheSameKey() throws IOException {
    try (LoopbackPair pair = new LoopbackPair();
        MemoryDomain domain = new MemoryDomain(pair.domain)) {
      RegisteredMemory closed = domain.allocate(BYTES);
      RemoteMemory remote = closed.grant(RemoteAccess.WRITE);
      closed.close();
      RegisteredMemory next = domain.allocate(BYTES);
      RemoteMemory granted = next.grant(RemoteAccess.WRITE);
      pair.leftPair.sends().signaled();
      pair.leftPair.sends().write(1, pair.left, 0, MESSAGE, remote.address(), granted.key());
      assertTrue(pair.leftPair.sends().submit());
      assertEquals(WorkStatus.REMOTE_ACCESS_ERROR, pair.leftDone().status());
    }
  }

  @Test
  void shouldUseAddressesAgainWhenTheQueuesAreClosedThatMayNameThem() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      SharedReceiveQueue shared = pair.domain.createSharedReceiveQueue(4, 1);
      MemoryRegion one = pair.domain.allocate(64L << 20);
      one.memory().fill((byte) 1);
      one.close();
      assertEquals("---p", permissions(one), "no memory, but nothing else either");
      QueuePair later = pair.domain.createQueuePair(QueuePairConfig.reliable(another(pair)));
      MemoryRegion two = pair.domain.allocate(64L << 20);
      two.close();
      pair.leftPair.close();
      pair.rightPair.close();
      assertEquals("---p", permissions(one), "the shared receive queue may");
      shared.close();
      assertNotEquals("---p", permissions(one));
      assertEquals("---p", permissions(two), "the queue pair may that was made later");
      later.close();
      assertNotEquals("---p", permissions(two));
      MemoryRegion three = pair.domain.allocate(64L << 20);
      three.close();
      assertNotEquals("---p", permissions(three), "there is nothing that may");
    }
  }

  @Test
  void shouldUseAddressesAgainWhenTheContextIsClosed() throws IOException {
    MemoryRegion closed;
    try (LoopbackPair pair = new LoopbackPair()) {
      closed = pair.domain.allocate(64L << 20);
      closed.close();
      assertThrows(
          IllegalStateException.class, () -> closed.memory().get(ValueLayout.JAVA_BYTE, 0));
      assertEquals("---p", permissions(closed));
    }
    assertNotEquals("---p", permissions(closed));
  }

  private static CompletionQueue another(LoopbackPair pair) throws VerbsException {
    return pair.context.createCompletionQueue(512);
  }

  /** Of the mapping that all of the region was in; empty if there is none. */
  private static String permissions(MemoryRegion region) throws IOException {
    long start = region.memory().address();
    long end = start + region.length();
    for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
      int dash = line.indexOf('-');
      int space = line.indexOf(' ');
      if (Long.parseUnsignedLong(line, 0, dash, 16) <= start
          && Long.parseUnsignedLong(line, dash + 1, space, 16) >= end) {
        return line.substring(space + 1, space + 5);
      }
    }
    return "";
  }
}
