package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import io.verbena.verbs.LoopbackPair.Done;
import io.verbena.verbs.QueuePairTransition.ToError;
import io.verbena.verbs.QueuePairTransition.ToInit;
import io.verbena.verbs.QueuePairTransition.ToReset;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the device says when something goes wrong; statuses are sets, because devices differ. */
@RdmaTest
class FailureTest {
  private static final Set<WorkStatus> LOCAL_ERRORS =
      EnumSet.of(
          WorkStatus.LOCAL_QP_ERROR,
          WorkStatus.LOCAL_PROTECTION_ERROR,
          WorkStatus.LOCAL_LENGTH_ERROR);

  @Test
  void shouldReportAWrongRemoteKey() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      pair.rightPair.receives().receive(5, pair.right, 0, 8).submit();
      pair.leftPair
          .sends()
          .write(1, pair.left, 0, 8, pair.right.address(), pair.right.rkey() ^ 0x5500)
          .signaled()
          .send(2, pair.left, 0, 8)
          .submit();
      Done write = pair.leftDone();
      assertEquals(1, write.id());
      assertEquals(WorkKind.WRITE, write.kind());
      assertEquals(WorkStatus.REMOTE_ACCESS_ERROR, write.status());
      Done send = pair.leftDone();
      assertEquals(2, send.id());
      assertEquals(WorkStatus.FLUSHED, send.status());
      Done receive = pair.rightDone();
      assertEquals(5, receive.id());
      assertEquals(WorkKind.RECEIVE, receive.kind());
      assertEquals(WorkStatus.FLUSHED, receive.status());
      assertEquals(QueuePairState.ERR, pair.leftPair.state());
      assertEquals(QueuePairState.ERR, pair.rightPair.state());

      assertTrue(pair.leftPair.sends().send(3, pair.left, 0, 8).submit());
      assertEquals(WorkStatus.FLUSHED, pair.leftDone().status());
    }
  }

  @Test
  void shouldReportARemoteAccessOutOfBounds() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      long end = pair.right.address() + pair.right.length();
      pair.leftPair.sends().read(1, pair.left, 0, 16, end - 8, pair.right.rkey()).submit();
      assertEquals(WorkStatus.REMOTE_ACCESS_ERROR, pair.leftDone().status());
    }
  }

  @Test
  void shouldReportAMissingRemoteRight() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      MemoryRegion readable = pair.domain.allocate(4096, Access.LOCAL_WRITE, Access.REMOTE_READ);
      pair.leftPair
          .sends()
          .signaled()
          .read(1, pair.left, 0, 8, readable.address(), readable.rkey())
          .write(2, pair.left, 0, 8, readable.address(), readable.rkey())
          .submit();
      assertEquals(WorkStatus.SUCCESS, pair.leftDone().status());
      Done write = pair.leftDone();
      assertEquals(2, write.id());
      assertEquals(WorkStatus.REMOTE_ACCESS_ERROR, write.status());
    }
  }

  @Test
  void shouldReportARegionThatWasClosedUnderARequest() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      MemoryRegion region = pair.allocate();
      pair.rightPair.receives().receive(1, pair.right, 0, 4096).submit();
      SendBatch batch = pair.leftPair.sends().signaled().send(2, region, 0, 4096);
      region.close();
      assertTrue(batch.submit());
      Done done = pair.leftDone();
      assertEquals(2, done.id());
      assertTrue(LOCAL_ERRORS.contains(done.status()), done::toString);
    }
  }

  @Test
  void shouldReportAReceiveThatIsTooShort() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      pair.rightPair.receives().receive(1, pair.right, 0, 8).submit();
      pair.leftPair.sends().signaled().send(2, pair.left, 0, 64).submit();
      assertTrue(
          EnumSet.of(WorkStatus.REMOTE_OPERATION_ERROR, WorkStatus.REMOTE_INVALID_REQUEST)
              .contains(pair.leftDone().status()));
      assertTrue(LOCAL_ERRORS.contains(pair.rightDone().status()));
    }
  }

  @Test
  void shouldGiveUpWhenThePeerPostsNoReceive() throws IOException {
    try (LoopbackPair pair =
        new LoopbackPair(
            config -> config, ConnectOptions.defaults().withRnrRetry(1).withMinRnrTimer(1))) {
      pair.leftPair.sends().signaled().send(1, pair.left, 0, 8).submit();
      assertEquals(WorkStatus.RNR_RETRY_EXCEEDED, pair.leftDone().status());
    }
  }

  @Test
  void shouldGiveUpWhenThePeerIsGone() throws IOException {
    try (LoopbackPair pair =
        new LoopbackPair(
            config -> config, ConnectOptions.defaults().withTimeout(10).withRetryCount(2))) {
      pair.rightPair.close();
      pair.leftPair
          .sends()
          .signaled()
          .write(1, pair.left, 0, 8, pair.right.address(), pair.right.rkey())
          .submit();
      assertEquals(WorkStatus.RETRY_EXCEEDED, pair.leftDone().status());
    }
  }

  @Test
  void shouldMakeAnExceptionThatNamesTheRequestAndTheCure() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      pair.leftPair.sends().read(77, pair.left, 0, 8, 0, 0).submit();
      assertTrue(pair.leftQueue.await(LoopbackPair.PATIENCE));
      Completions done = pair.leftQueue.poll();
      assertTrue(done.next());
      assertFalse(done.succeeded());
      VerbsException failure = done.failure();
      for (String part :
          List.of(
              "READ with id 77",
              "queue pair " + pair.leftPair.number(),
              "REMOTE_ACCESS_ERROR",
              "check the remote address and key")) {
        assertTrue(failure.getMessage().contains(part), failure.getMessage());
      }
      assertEquals(WorkStatus.REMOTE_ACCESS_ERROR, failure.status().orElseThrow());
    }
  }

  @Test
  void shouldWorkAgainAfterAReset() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      // Nobody reads these completions: they are stale after the reset, and must not be taken for
      // those of the new requests.
      pair.leftPair.sends().signaled().read(1, pair.left, 0, 8, 0, 0);
      for (int i = 0; i < 10; i++) {
        pair.leftPair.sends().signaled().send(100 + i, pair.left, 0, 8);
      }
      assertTrue(pair.leftPair.sends().submit());
      assertTrue(pair.leftQueue.await(LoopbackPair.PATIENCE));
      assertEquals(QueuePairState.ERR, pair.leftPair.state());
      for (QueuePair each : List.of(pair.leftPair, pair.rightPair)) {
        each.modify(new ToReset());
        assertEquals(QueuePairState.RESET, each.state());
      }
      assertEquals(pair.leftPair.sendDepth(), pair.leftPair.sends().free());
      QueuePairAddress left = pair.leftPair.address(pair.port, pair.gidIndex);
      QueuePairAddress right = pair.rightPair.address(pair.port, pair.gidIndex);
      pair.leftPair.connect(right);
      pair.rightPair.connect(left);
      pair.leftPair
          .sends()
          .signaled()
          .write(9, pair.left, 0, 8, pair.right.address(), pair.right.rkey())
          .submit();
      assertEquals(
          new Done(9, WorkStatus.SUCCESS, WorkKind.WRITE, 0), withoutBytes(pair.leftDone()));
      assertEquals(pair.leftPair.sendDepth(), pair.leftPair.sends().free());
    }
  }

  private static Done withoutBytes(Done done) {
    return new Done(done.id(), done.status(), done.kind(), 0);
  }

  @Test
  void shouldFlushWhenMovedToError() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      pair.leftPair.receives().receive(1, pair.left, 0, 8).receive(2, pair.left, 8, 8).submit();
      pair.leftPair.modify(new ToError());
      assertEquals(List.of(1L, 2L), pair.leftDone(2).stream().map(Done::id).toList());
      assertEquals(QueuePairState.ERR, pair.leftPair.state());
    }
  }

  @Test
  void shouldSendNothingBeforeTheQueuePairIsConnected() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture();
        ProtectionDomain domain = fixture.context.createDomain();
        CompletionQueue queue = fixture.context.createCompletionQueue(256);
        MemoryRegion region = domain.allocate(4096, Access.LOCAL_WRITE, Access.WINDOW_BIND);
        QueuePair pair = domain.createQueuePair(QueuePairConfig.reliable(queue))) {
      MemoryWindow window = domain.createMemoryWindow(MemoryWindowType.TYPE_1);
      assertNotConnected(() -> window.bind(pair, 40, region, 0, 64, Access.REMOTE_WRITE));
      SendBatch batch = pair.sends().send(41, region, 0, 8);
      assertNotConnected(batch::submit);
      assertEquals(1, batch.size());
      assertEquals(pair.sendDepth(), batch.free());
      batch.clear();

      // What was refused must not come later, and not in the place of another.
      pair.connect(pair.address(fixture.port, fixture.gidIndex));
      pair.receives().receive(1, region, 100, 8).receive(2, region, 100, 8).submit();
      assertTrue(batch.signaled().send(43, region, 0, 8).submit());
      List<Done> done = LoopbackPair.done(queue, 2);
      assertEquals(List.of(1L, 43L), done.stream().map(Done::id).sorted().toList());
      assertFalse(window.isBound());

      // It is not connected any more after a reset; a reset that is refused changes nothing.
      pair.modify(new ToReset());
      assertNotConnected(() -> batch.signaled().send(44, region, 0, 8).submit());
      batch.clear();
      pair.connect(pair.address(fixture.port, fixture.gidIndex));
      pair.modify(new ToError());
      assertTrue(batch.signaled().send(45, region, 0, 8).submit());
      assertEquals(
          new Done(45, WorkStatus.FLUSHED, WorkKind.SEND, 0),
          withoutBytes(LoopbackPair.done(queue, 1).getFirst()));
    }
  }

  private static void assertNotConnected(org.junit.jupiter.api.function.Executable post) {
    IllegalStateException e = assertThrows(IllegalStateException.class, post);
    assertTrue(e.getMessage().contains("connect the queue pair first"), e.getMessage());
  }

  @Test
  void shouldRefuseABatchThatWasBegunBeforeAReset() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      SendBatch sends = pair.leftPair.sends().signaled().send(1, pair.left, 0, 8);
      ReceiveBatch receives = pair.leftPair.receives().receive(2, pair.left, 0, 8);
      for (QueuePair each : List.of(pair.leftPair, pair.rightPair)) {
        each.modify(new ToReset());
      }
      QueuePairAddress left = pair.leftPair.address(pair.port, pair.gidIndex);
      pair.leftPair.connect(pair.rightPair.address(pair.port, pair.gidIndex));
      pair.rightPair.connect(left);
      sends.signaled().send(3, pair.left, 0, 8);
      for (org.junit.jupiter.api.function.Executable post :
          List.<org.junit.jupiter.api.function.Executable>of(sends::submit, receives::submit)) {
        IllegalStateException e = assertThrows(IllegalStateException.class, post);
        assertTrue(e.getMessage().contains("was reset"), e.getMessage());
      }
      assertEquals(0, sends.size() + receives.size());
      assertEquals(pair.leftPair.sendDepth(), sends.free());
      pair.rightPair.receives().receive(4, pair.right, 0, 8).submit();
      assertTrue(sends.signaled().send(5, pair.left, 0, 8).submit());
      assertEquals(5, pair.leftDone().id());
      assertEquals(4, pair.rightDone().id());
    }
  }

  @Test
  void shouldKeepRoomForWhatAResetLeftInTheCompletionQueue() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture();
        ProtectionDomain domain = fixture.context.createDomain();
        CompletionQueue queue = fixture.context.createCompletionQueue(15);
        MemoryRegion region = domain.allocate(4096, Access.LOCAL_WRITE)) {
      int depth = queue.capacity();
      QueuePair pair =
          domain.createQueuePair(
              QueuePairConfig.reliable(queue).withSendDepth(depth).withReceiveDepth(0));
      pair.connect(pair.address(fixture.port, fixture.gidIndex));
      pair.modify(new ToError());
      SendBatch sends = pair.sends();
      for (int i = 0; i < depth - 1; i++) {
        sends.signaled().send(i, region, 0, 8);
      }
      assertTrue(sends.submit());
      assertTrue(queue.await(LoopbackPair.PATIENCE));
      pair.modify(new ToReset());
      assertEquals(1, sends.free());
      pair.connect(pair.address(fixture.port, fixture.gidIndex));
      pair.modify(new ToError());
      sends.signaled().send(100, region, 0, 8).signaled().send(101, region, 0, 8);
      assertFalse(sends.submit());
      assertTrue(sends.signaled().send(102, region, 0, 8).submit());
      assertEquals(0, sends.free());
      assertEquals(102, LoopbackPair.next(queue).id());
      while (queue.poll().next()) {
        // Until it is empty.
      }
      assertEquals(depth, sends.free());
      for (int i = 0; i < depth; i++) {
        sends.signaled().send(200 + i, region, 0, 8);
      }
      assertTrue(sends.submit());
      assertEquals(depth, LoopbackPair.done(queue, depth).size());
    }
  }

  @Test
  void shouldCheckTransitionsBeforeTheDeviceDoes() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      IllegalStateException e =
          assertThrows(
              IllegalStateException.class,
              () -> pair.leftPair.modify(new ToInit(QueuePairAttributes.none())));
      assertTrue(e.getMessage().contains("RTS to INIT"), e.getMessage());
      pair.leftPair.modify(new ToReset());
      IllegalArgumentException missing =
          assertThrows(
              IllegalArgumentException.class,
              () -> pair.leftPair.modify(new ToInit(QueuePairAttributes.none().withPort(1))));
      assertTrue(missing.getMessage().contains("ACCESS, PKEY_INDEX"), missing.getMessage());
    }
  }

  @Test
  void shouldRefuseMoreDepthThanTheCompletionQueueHolds() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture();
        ProtectionDomain domain = fixture.context.createDomain();
        CompletionQueue queue = fixture.context.createCompletionQueue(100)) {
      int capacity = queue.capacity();
      assertTrue(capacity >= 100);
      QueuePairConfig config =
          QueuePairConfig.reliable(queue).withSendDepth(capacity - 10).withReceiveDepth(10);
      QueuePair pair = domain.createQueuePair(config);
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> domain.createQueuePair(config.withSendDepth(1).withReceiveDepth(0)));
      assertTrue(e.getMessage().contains("with more entries"), e.getMessage());
      pair.close();
      domain.createQueuePair(config).close();
    }
  }

  @Test
  void shouldNameTheLimitsThatTheDeviceRefuses() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture();
        ProtectionDomain domain = fixture.context.createDomain()) {
      int limit = fixture.context.attributes().maxCompletionEntries();
      VerbsException tooLong =
          assertThrows(
              VerbsException.class, () -> fixture.context.createCompletionQueue(limit + 1));
      assertTrue(tooLong.getMessage().contains("maxCompletionEntries"), tooLong.getMessage());
      CompletionQueue queue = fixture.context.createCompletionQueue(256);
      int elements = fixture.context.attributes().maxElements();
      VerbsException tooMany =
          assertThrows(
              VerbsException.class,
              () ->
                  domain.createQueuePair(
                      QueuePairConfig.reliable(queue).withSendElements(elements + 1)));
      assertEquals("ibv_create_qp", tooMany.verb());
      // What was reserved for the refused queue pair is given back.
      domain.createQueuePair(QueuePairConfig.reliable(queue)).close();
    }
  }

  @Test
  void shouldRefuseArgumentsThatCannotWork() throws IOException {
    try (LoopbackPair pair = new LoopbackPair();
        LoopbackPair other = new LoopbackPair();
        Arena arena = Arena.ofConfined()) {
      SendBatch sends = pair.leftPair.sends();
      MemoryRegion left = pair.left;
      long end = left.length();
      illegal("not within", () -> sends.send(1, left, end - 7, 8));
      illegal("not within", () -> sends.send(1, left, -1, 8));
      illegal("not within", () -> sends.send(1, left, 0, -1));
      illegal("not within", () -> sends.send(1, left, Long.MAX_VALUE, 8));
      illegal("another protection domain", () -> sends.send(1, other.left, 0, 8));
      illegal("multiple of 8", () -> sends.fetchAndAdd(1, left, 0, 4, 0, 1));
      illegal("inline", () -> sends.inline().read(1, left, 0, 8, 0, 0));
      MemoryRegion readOnly = pair.domain.allocate(64);
      illegal("LOCAL_WRITE", () -> sends.read(1, readOnly, 0, 8, 0, 0));
      illegal("LOCAL_WRITE", () -> pair.leftPair.receives().receive(1, readOnly, 0, 8));
      illegal("LOCAL_WRITE", () -> pair.domain.allocate(64, Access.REMOTE_WRITE));
      illegal("at least 1 byte", () -> pair.domain.allocate(0));
      illegal("Java heap", () -> pair.domain.register(MemorySegment.ofArray(new byte[8])));
      illegal("read-only", () -> pair.domain.register(arena.allocate(64).asReadOnly()));
      illegal("no GID", () -> pair.leftPair.address(pair.port, 200));
      illegal(
          "another context",
          () -> pair.domain.createQueuePair(QueuePairConfig.reliable(other.leftQueue)));
      illegal(
          "another context",
          () -> pair.context.createCompletionQueue(1, other.leftQueue.channel()));
      assertEquals(0, sends.size());
      // Nothing of all that is left in the batch or on the wire.
      sends.signaled().write(1, left, 0, 8, pair.right.address(), pair.right.rkey()).submit();
      assertTrue(pair.leftDone().succeeded());
    }
  }

  private interface Call {
    void run() throws IOException;
  }

  private static void illegal(String part, Call call) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, call::run, part);
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }
}
