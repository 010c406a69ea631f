package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Counterparts of pyverbs' {@code CqExTest}: the same cursor over an extended queue. */
@RdmaTest
class PyverbsCqExTest {
  @Test
  void createCqEx() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture()) {
      int most = fixture.context.attributes().maxCompletionEntries();
      for (int entries : new int[] {1, 100, most}) {
        try (CompletionQueue queue = extended(fixture.context, entries)) {
          assertTrue(queue.capacity() >= entries);
          Completions none = queue.poll();
          assertFalse(none.next());
          assertThrows(IllegalStateException.class, none::timestamp);
          queue.arm(false);
          assertFalse(queue.await(Duration.ZERO));
        }
      }
    }
  }

  @Test
  void badFlow() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture()) {
      int most = fixture.context.attributes().maxCompletionEntries();
      VerbsException e =
          assertThrows(VerbsException.class, () -> extended(fixture.context, most + 1));
      assertEquals("ibv_create_cq_ex", e.verb());
      assertEquals("EINVAL", e.errnoName());
      if (fixture.context.extendedAttributes().completionTimestampMask() == 0) {
        VerbsException stamps =
            assertThrows(
                VerbsException.class,
                () ->
                    fixture.context.createCompletionQueue(
                        CompletionQueueConfig.of(1)
                            .withTimestamp(CompletionTimestamp.DEVICE_CLOCK)));
        assertTrue(stamps.getMessage().contains("does not stamp"), stamps.getMessage());
      }
    }
  }

  @Test
  void rcTraffic() throws IOException {
    try (LoopbackPair pair = new LoopbackPair();
        CompletionQueue sending = extended(pair.context, 256);
        CompletionQueue receiving = extended(pair.context, 256)) {
      QueuePair from = pair.domain.createQueuePair(QueuePairConfig.reliable(sending));
      QueuePair to = pair.domain.createQueuePair(QueuePairConfig.reliable(receiving));
      QueuePairAddress address = from.address(pair.port, pair.gidIndex);
      from.connect(to.address(pair.port, pair.gidIndex));
      to.connect(address);
      // More than one array of the cursor, and more than one at a time.
      int round = Completions.LENGTH + 8;
      for (int i = 0; i < 5; i++) {
        for (int j = 0; j < round; j++) {
          to.receives().receive(100 + j, pair.right, j * 64L, 64);
        }
        assertTrue(to.receives().submit());
        LoopbackPair.put(pair.left, 0, "round " + i);
        for (int j = 0; j < round; j++) {
          from.sends().signaled().sendImmediate(j, pair.left, 0, 7 + j % 3, 0x01020300 + j);
        }
        assertTrue(from.sends().submit());
        assertTrue(receiving.await(LoopbackPair.PATIENCE));
        List<LoopbackPair.Done> sent = LoopbackPair.done(sending, round);
        for (int j = 0; j < round; j++) {
          assertEquals(j, sent.get(j).id());
          assertTrue(sent.get(j).succeeded(), sent.get(j)::toString);
        }
        int j = 0;
        long deadline = System.nanoTime() + LoopbackPair.PATIENCE.toNanos();
        while (j < round) {
          assertTrue(System.nanoTime() < deadline, "only " + j + " receives");
          Completions done = receiving.poll();
          while (done.next()) {
            assertTrue(done.succeeded());
            assertEquals(100 + j, done.id());
            assertEquals(WorkKind.RECEIVE, done.kind());
            assertEquals(7 + j % 3, done.byteCount());
            assertTrue(done.hasImmediate());
            assertEquals(0x01020300 + j, done.immediate());
            assertEquals(to, done.queuePair());
            assertThrows(IllegalStateException.class, done::timestamp);
            j++;
          }
        }
        assertEquals("round " + i, LoopbackPair.get(pair.right, 0, 7));
      }
    }
  }

  @Test
  void udTraffic() throws IOException {
    try (DatagramPair pair = new DatagramPair();
        CompletionQueue sending = extended(pair.context, 256);
        CompletionQueue receiving = extended(pair.context, 256)) {
      QueuePair from = pair.domain.createQueuePair(QueuePairConfig.datagram(sending));
      QueuePair to = pair.domain.createQueuePair(QueuePairConfig.datagram(receiving));
      from.address(pair.port, pair.gidIndex);
      from.activate(DatagramPair.QUEUE_KEY);
      to.address(pair.port, pair.gidIndex);
      to.activate(DatagramPair.QUEUE_KEY);
      LoopbackPair.put(pair.left, 0, "datagram");
      for (int i = 0; i < 20; i++) {
        to.receives().receive(i, pair.right, 0, DatagramPair.HEADER + 64);
        assertTrue(to.receives().submit());
        from.sends().to(pair.toRight, to.number(), DatagramPair.QUEUE_KEY);
        from.sends().signaled().sendImmediate(100 + i, pair.left, 0, 8, 7 * i);
        assertTrue(from.sends().submit());
        assertEquals(100 + i, LoopbackPair.next(sending).id());
        Completions got = LoopbackPair.next(receiving);
        assertTrue(got.succeeded());
        assertEquals(i, got.id());
        assertEquals(DatagramPair.HEADER + 8, got.byteCount());
        assertEquals(7 * i, got.immediate());
        assertTrue(got.hasRouteHeader());
        assertEquals(from.number(), got.sourcePairNumber());
        assertEquals("datagram", LoopbackPair.get(pair.right, DatagramPair.HEADER, 8));
      }
    }
  }

  @Test
  void shouldReportFailures() throws IOException {
    try (LoopbackPair pair = new LoopbackPair();
        CompletionQueue queue = extended(pair.context, 300)) {
      QueuePair second = pair.domain.createQueuePair(QueuePairConfig.reliable(queue));
      second.connect(second.address(pair.port, pair.gidIndex));
      second.receives().receive(8, pair.left, 0, 64).submit();
      second.sends().write(7, pair.left, 0, 8, pair.right.address(), pair.right.rkey() ^ 0x55);
      assertTrue(second.sends().submit());
      List<LoopbackPair.Done> done = LoopbackPair.done(queue, 2);
      assertEquals(
          List.of(
              new LoopbackPair.Done(7, WorkStatus.REMOTE_ACCESS_ERROR, WorkKind.WRITE, 0),
              new LoopbackPair.Done(8, WorkStatus.FLUSHED, WorkKind.RECEIVE, 0)),
          done.stream()
              .map(each -> new LoopbackPair.Done(each.id(), each.status(), each.kind(), 0))
              .toList());
    }
  }

  @Test
  void shouldResizeUnderTraffic() throws IOException {
    try (LoopbackPair pair = new LoopbackPair();
        CompletionQueue queue = extended(pair.context, 300)) {
      QueuePair second = pair.domain.createQueuePair(QueuePairConfig.reliable(queue));
      second.connect(second.address(pair.port, pair.gidIndex));
      for (int i = 0; i < 60; i++) {
        second
            .sends()
            .signaled()
            .write(i, pair.left, 0, 8, pair.right.address(), pair.right.rkey());
      }
      assertTrue(second.sends().submit());
      queue.resize(1000);
      queue.resize(256);
      List<LoopbackPair.Done> done = LoopbackPair.done(queue, 60);
      for (int i = 0; i < 60; i++) {
        assertEquals(i, done.get(i).id());
        assertTrue(done.get(i).succeeded());
      }
    }
  }

  /** In the extended form although nothing asks for it: no timestamps on soft-RoCE. */
  static CompletionQueue extended(Context context, int entries) throws VerbsException {
    context.lock.lock();
    try {
      return context.adopt(
          CompletionQueueCreation.create(context, CompletionQueueConfig.of(entries), true));
    } finally {
      context.lock.unlock();
    }
  }
}
