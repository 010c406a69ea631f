package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import io.verbena.verbs.LoopbackPair.Done;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

@RdmaTest
class TrafficTest {
  @Test
  void shouldSendAndReceive() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      assertEquals(QueuePairState.RTS, pair.leftPair.state());
      LoopbackPair.put(pair.left, 100, "verbena");
      assertTrue(pair.rightPair.receives().receive(-7, pair.right, 200, 64).submit());
      assertTrue(pair.leftPair.sends().signaled().send(Long.MIN_VALUE, pair.left, 100, 7).submit());

      Done sent = pair.leftDone();
      assertEquals(Long.MIN_VALUE, sent.id());
      assertEquals(WorkStatus.SUCCESS, sent.status());
      assertEquals(WorkKind.SEND, sent.kind());
      assertEquals(new Done(-7, WorkStatus.SUCCESS, WorkKind.RECEIVE, 7), pair.rightDone());
      assertEquals("verbena", LoopbackPair.get(pair.right, 200, 7));
    }
  }

  @Test
  void shouldSendAnEmptyMessage() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      pair.rightPair.receives().receive(1, pair.right, 0, 0).submit();
      pair.leftPair.sends().signaled().send(2, pair.left, 0, 0).submit();
      assertTrue(pair.leftDone().succeeded());
      assertEquals(new Done(1, WorkStatus.SUCCESS, WorkKind.RECEIVE, 0), pair.rightDone());
    }
  }

  @Test
  void shouldCarryImmediateDataWithSendsAndWrites() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      pair.rightPair
          .receives()
          .receive(1, pair.right, 0, 16)
          .receive(2, pair.right, 16, 16)
          .receive(3, pair.right, 32, 16)
          .submit();
      LoopbackPair.put(pair.left, 0, "0123456789abcdef");
      pair.leftPair
          .sends()
          .sendImmediate(1, pair.left, 0, 4, 0x01020304)
          .writeImmediate(
              2, pair.left, 0, 16, pair.right.address() + 1000, pair.right.rkey(), 0xfffefdfc)
          .signaled()
          .send(3, pair.left, 0, 2)
          .submit();
      Completions cursor = pair.rightQueue.poll();
      int[] seen = new int[3];
      WorkKind[] kinds = new WorkKind[3];
      for (int i = 0; i < 3; ) {
        if (!cursor.next()) {
          cursor = pair.rightQueue.poll();
          continue;
        }
        assertTrue(cursor.succeeded());
        assertEquals(i + 1, cursor.id());
        assertEquals(i < 2, cursor.hasImmediate());
        if (i < 2) {
          seen[i] = cursor.immediate();
        } else {
          assertThrows(IllegalStateException.class, cursor::immediate);
        }
        assertSame(pair.rightPair, cursor.queuePair());
        assertEquals(pair.rightPair.number(), cursor.queuePairNumber());
        assertThrows(IllegalStateException.class, cursor::failure);
        kinds[i++] = cursor.kind();
      }
      assertEquals(0x01020304, seen[0]);
      assertEquals(0xfffefdfc, seen[1]);
      assertEquals(
          List.of(WorkKind.RECEIVE, WorkKind.RECEIVE_WRITE, WorkKind.RECEIVE), List.of(kinds));
      assertEquals("0123456789abcdef", LoopbackPair.get(pair.right, 1000, 16));
      assertEquals(3, pair.leftDone().id());
    }
  }

  @Test
  void shouldCopyInlineDataAtOnce() throws IOException {
    try (LoopbackPair pair =
        new LoopbackPair(config -> config.withInlineBytes(200), ConnectOptions.defaults())) {
      int bytes = pair.leftPair.inlineBytes();
      assertTrue(bytes >= 200, "granted " + bytes);
      MemoryRegion source = pair.allocate();
      LoopbackPair.put(source, 0, "x".repeat(200));
      pair.rightPair.receives().receive(1, pair.right, 0, 4096).submit();
      SendBatch batch = pair.leftPair.sends().signaled().inline().send(2, source, 0, 200);
      LoopbackPair.put(source, 0, "y".repeat(200));
      source.close();
      assertTrue(batch.submit());
      assertTrue(pair.leftDone().succeeded());
      assertEquals(200, pair.rightDone().byteCount());
      assertEquals("x".repeat(200), LoopbackPair.get(pair.right, 0, 200));

      IllegalArgumentException tooLong =
          assertThrows(
              IllegalArgumentException.class,
              () -> batch.inline().send(3, pair.left, 0, bytes + 1));
      assertTrue(tooLong.getMessage().contains("withInlineBytes"), tooLong.getMessage());
    }
  }

  @Test
  void shouldWriteAndRead() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      LoopbackPair.put(pair.left, 0, "there and back");
      pair.leftPair
          .sends()
          .write(1, pair.left, 0, 14, pair.right.address() + 512, pair.right.rkey())
          .signaled()
          .fence()
          .read(2, pair.left, 4096, 14, pair.right.address() + 512, pair.right.rkey())
          .submit();
      Done read = pair.leftDone();
      assertEquals(2, read.id());
      assertEquals(WorkKind.READ, read.kind());
      assertTrue(read.succeeded());
      assertEquals("there and back", LoopbackPair.get(pair.right, 512, 14));
      assertEquals("there and back", LoopbackPair.get(pair.left, 4096, 14));
    }
  }

  @Test
  void shouldFetchAndAdd() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      pair.right.memory().set(ValueLayout.JAVA_LONG, 64, 40);
      pair.leftPair
          .sends()
          .signaled()
          .fetchAndAdd(9, pair.left, 8, pair.right.address() + 64, pair.right.rkey(), 2)
          .submit();
      Done done = pair.leftDone();
      assertEquals(WorkKind.FETCH_AND_ADD, done.kind());
      assertTrue(done.succeeded());
      assertEquals(40, pair.left.memory().get(ValueLayout.JAVA_LONG, 8));
      assertEquals(42, pair.right.memory().get(ValueLayout.JAVA_LONG, 64));
    }
  }

  @Test
  void shouldCompareAndSwap() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      pair.right.memory().set(ValueLayout.JAVA_LONG, 0, 5);
      SendBatch batch = pair.leftPair.sends();
      long address = pair.right.address();
      int rkey = pair.right.rkey();
      batch.signaled().compareAndSwap(1, pair.left, 0, address, rkey, 5, -1).submit();
      assertEquals(WorkKind.COMPARE_AND_SWAP, pair.leftDone().kind());
      batch.signaled().compareAndSwap(2, pair.left, 8, address, rkey, 5, 77).submit();
      assertTrue(pair.leftDone().succeeded());
      assertEquals(5, pair.left.memory().get(ValueLayout.JAVA_LONG, 0));
      assertEquals(-1, pair.left.memory().get(ValueLayout.JAVA_LONG, 8));
      assertEquals(-1, pair.right.memory().get(ValueLayout.JAVA_LONG, 0));
    }
  }

  @Test
  void shouldPostABatchInOrder() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      int count = 100;
      ReceiveBatch receives = pair.rightPair.receives();
      SendBatch sends = pair.leftPair.sends();
      for (int round = 0; round < 5; round++) {
        // Batches of different lengths: the chain must end where it should each time.
        int length = round % 2 == 0 ? count : count / 3;
        for (int i = 0; i < length; i++) {
          receives.receive(1000 + i, pair.right, i * 8L, 8);
          pair.left.memory().set(ValueLayout.JAVA_LONG, i * 8L, round * 1000 + i);
          sends.signaled().send(i, pair.left, i * 8L, 8);
        }
        assertEquals(length, sends.size());
        assertTrue(receives.submit());
        assertTrue(sends.submit());
        assertEquals(0, sends.size());
        assertEquals(
            LongStream.range(0, length).boxed().toList(),
            pair.leftDone(length).stream().map(Done::id).toList());
        assertEquals(
            LongStream.range(1000, 1000 + length).boxed().toList(),
            pair.rightDone(length).stream().map(Done::id).toList());
        for (int i = 0; i < length; i++) {
          assertEquals(round * 1000 + i, pair.right.memory().get(ValueLayout.JAVA_LONG, i * 8L));
        }
      }
    }
  }

  @Test
  void shouldSayThatTheQueueIsFullAndPostNothing() throws IOException {
    try (LoopbackPair pair =
        new LoopbackPair(
            config -> config.withSendDepth(8).withReceiveDepth(16), ConnectOptions.defaults())) {
      SendBatch sends = pair.leftPair.sends();
      ReceiveBatch receives = pair.rightPair.receives();
      for (int i = 0; i < 16; i++) {
        receives.receive(i, pair.right, 0, 8);
      }
      assertTrue(receives.submit());
      receives.receive(99, pair.right, 0, 8);
      assertFalse(receives.submit());
      for (int i = 0; i < 6; i++) {
        sends.signaled().send(i, pair.left, 0, 8);
      }
      assertTrue(sends.submit());
      assertEquals(2, sends.free());
      for (int i = 6; i < 9; i++) {
        sends.signaled().send(i, pair.left, 0, 8);
      }
      assertFalse(sends.submit());
      assertEquals(0, sends.size());
      assertEquals(2, sends.free());
      assertEquals(6, pair.leftDone(6).size());
      assertEquals(8, sends.free());
      for (int i = 20; i < 28; i++) {
        sends.signaled().send(i, pair.left, 0, 8);
      }
      assertTrue(sends.submit());
      assertEquals(
          LongStream.range(20, 28).boxed().toList(),
          pair.leftDone(8).stream().map(Done::id).toList());
      assertEquals(14, pair.rightDone(14).size());
    }
  }

  @Test
  void shouldPostNothingOfABatchThatIsLongerThanTheQueue() throws IOException {
    try (LoopbackPair pair =
        new LoopbackPair(config -> config.withSendDepth(4), ConnectOptions.defaults())) {
      SendBatch sends = pair.leftPair.sends();
      for (int i = 0; i < 5; i++) {
        sends.signaled().write(i, pair.left, 0, 8, pair.right.address(), pair.right.rkey());
      }
      assertFalse(sends.submit());
      assertEquals(4, sends.free());
    }
  }

  @Test
  void shouldSayThatABatchWillNeverFit() throws IOException {
    try (LoopbackPair pair =
        new LoopbackPair(config -> config.withSendDepth(4), ConnectOptions.defaults())) {
      SendBatch sends = pair.leftPair.sends();
      long there = pair.right.address();
      int rkey = pair.right.rkey();
      assertTrue(sends.write(1, pair.left, 0, 8, there, rkey).submit());
      for (int i = 0; i < 4; i++) {
        sends.write(i, pair.left, 0, 8, there, rkey);
      }
      IllegalStateException e = assertThrows(IllegalStateException.class, sends::submit);
      assertTrue(e.getMessage().contains("make the last request signaled"), e.getMessage());
      assertEquals(0, sends.size());
      assertEquals(3, sends.free());

      // As the message says: divided, it fits.
      assertTrue(sends.write(2, pair.left, 0, 8, there, rkey).submit());
      sends.signaled().write(3, pair.left, 0, 8, there, rkey).submit();
      for (int i = 10; i < 14; i++) {
        sends.write(i, pair.left, 0, 8, there, rkey);
      }
      // One that is signaled is outstanding: it is only a matter of time.
      assertFalse(sends.submit());
      assertEquals(3, pair.leftDone().id());
      assertEquals(4, sends.free());
    }
  }

  @Test
  void shouldGetSlotsBackWhenNothingIsSignaled() throws IOException {
    try (LoopbackPair pair =
        new LoopbackPair(config -> config.withSendDepth(8), ConnectOptions.defaults())) {
      SendBatch sends = pair.leftPair.sends();
      long deadline = System.nanoTime() + LoopbackPair.PATIENCE.toNanos();
      for (int i = 0; i < 100; ) {
        if (sends.write(i, pair.left, 0, 8, pair.right.address(), pair.right.rkey()).submit()) {
          i++;
        } else {
          assertFalse(pair.leftQueue.poll().next(), "nobody asked for a completion");
          assertTrue(System.nanoTime() < deadline, "no slot came back");
        }
      }
      sends.signaled().write(100, pair.left, 0, 8, pair.right.address(), pair.right.rkey());
      while (!sends.submit()) {
        pair.leftQueue.poll().next();
        sends.signaled().write(100, pair.left, 0, 8, pair.right.address(), pair.right.rkey());
      }
      assertEquals(100, pair.leftDone().id());
      assertEquals(8, sends.free());
    }
  }

  @Test
  void shouldConnectAQueuePairToItself() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture();
        ProtectionDomain domain = fixture.context.createDomain();
        CompletionQueue queue = fixture.context.createCompletionQueue(256);
        MemoryRegion region = domain.allocate(4096, Access.LOCAL_WRITE);
        QueuePair pair = domain.createQueuePair(QueuePairConfig.reliable(queue))) {
      assertEquals(QueuePairState.RESET, pair.state());
      pair.connect(pair.address(fixture.port, fixture.gidIndex));
      LoopbackPair.put(region, 0, "echo");
      pair.receives().receive(1, region, 100, 10).submit();
      pair.sends().signaled().send(2, region, 0, 4).submit();
      int seen = 0;
      while (seen < 2 && queue.await(LoopbackPair.PATIENCE)) {
        for (Completions done = queue.poll(); done.next(); seen++) {
          assertTrue(done.succeeded());
        }
      }
      assertEquals(2, seen);
      assertEquals("echo", LoopbackPair.get(region, 100, 4));
    }
  }

  @Test
  void shouldTransferOverAnUnreliableConnection() throws IOException {
    try (LoopbackPair pair =
        new LoopbackPair(
            config ->
                new QueuePairConfig(
                    QueuePairType.UNRELIABLE,
                    config.sendQueue(),
                    config.receiveQueue(),
                    16,
                    16,
                    1,
                    1,
                    0),
            ConnectOptions.defaults())) {
      assertEquals(QueuePairType.UNRELIABLE, pair.leftPair.type());
      LoopbackPair.put(pair.left, 0, "unreliable");
      pair.rightPair.receives().receive(1, pair.right, 100, 64).submit();
      pair.leftPair
          .sends()
          .write(1, pair.left, 0, 10, pair.right.address(), pair.right.rkey())
          .signaled()
          .send(2, pair.left, 0, 10)
          .submit();
      assertTrue(pair.leftDone().succeeded());
      assertEquals(10, pair.rightDone().byteCount());
      assertEquals("unreliable", LoopbackPair.get(pair.right, 0, 10));
      assertEquals("unreliable", LoopbackPair.get(pair.right, 100, 10));
    }
  }

  @Test
  void shouldCopyInlineDataOfEveryLength() throws IOException {
    try (LoopbackPair pair =
        new LoopbackPair(config -> config.withInlineBytes(100), ConnectOptions.defaults())) {
      for (int length = 0; length <= 100; length++) {
        for (int i = 0; i < length; i++) {
          pair.left.memory().set(ValueLayout.JAVA_BYTE, i, (byte) (length + i));
        }
        pair.right.memory().fill((byte) 0);
        pair.leftPair
            .sends()
            .signaled()
            .inline()
            .write(length, pair.left, 0, length, pair.right.address(), pair.right.rkey())
            .submit();
        assertTrue(pair.leftDone().succeeded());
        assertEquals(
            -1,
            pair.right.memory().asSlice(0, length).mismatch(pair.left.memory().asSlice(0, length)));
        assertEquals(0, pair.right.memory().get(ValueLayout.JAVA_BYTE, length));
      }
    }
  }
}
