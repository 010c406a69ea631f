package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import io.verbena.verbs.QueuePairTransition.ToDrained;
import io.verbena.verbs.QueuePairTransition.ToInit;
import io.verbena.verbs.QueuePairTransition.ToReceive;
import io.verbena.verbs.QueuePairTransition.ToReset;
import io.verbena.verbs.QueuePairTransition.ToSend;
import java.io.IOException;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What pyverbs' test_qp.py has. */
@RdmaTest
class PyverbsQpTest {
  private static final int QUEUE_KEY = 0x1234;

  /** One queue pair of a type, not yet in any state. */
  private static final class Single extends DeviceFixture {
    final ProtectionDomain domain = context.createDomain();
    final CompletionQueue queue = context.createCompletionQueue(64);
    final QueuePair pair;

    Single(QueuePairType type, UnaryOperator<QueuePairConfig> adjust) throws IOException {
      boolean ready = false;
      try {
        pair =
            domain.createQueuePair(
                adjust.apply(new QueuePairConfig(type, queue, queue, 10, 20, 2, 3, 0)));
        ready = true;
      } finally {
        if (!ready) {
          close();
        }
      }
    }

    Single(QueuePairType type) throws IOException {
      this(type, config -> config);
    }

    QueuePairAddress itself() throws VerbsException {
      return pair.address(port, gidIndex);
    }
  }

  private static void shouldBeCreated(QueuePairType type) throws IOException {
    try (Single single = new Single(type)) {
      assertEquals(type, single.pair.type());
      assertTrue(single.pair.number() > 0);
      assertEquals(QueuePairState.RESET, single.pair.state());
      assertEquals(10, single.pair.sendDepth());
      assertEquals(20, single.pair.receiveDepth());
    }
  }

  private static void shouldBeCreatedWithAttributes(QueuePairType type) throws IOException {
    try (Single single = new Single(type)) {
      QueuePairAddress itself = single.itself();
      if (type == QueuePairType.DATAGRAM) {
        single.pair.activate(QUEUE_KEY);
      } else {
        single.pair.connect(itself);
      }
      assertEquals(QueuePairState.RTS, single.pair.state());
    }
  }

  @Test
  void createRcQpNoAttr() throws IOException {
    shouldBeCreated(QueuePairType.RELIABLE);
  }

  @Test
  void createUcQpNoAttr() throws IOException {
    shouldBeCreated(QueuePairType.UNRELIABLE);
  }

  @Test
  void createUdQpNoAttr() throws IOException {
    shouldBeCreated(QueuePairType.DATAGRAM);
  }

  @Test
  void createRcQpWithAttr() throws IOException {
    shouldBeCreatedWithAttributes(QueuePairType.RELIABLE);
  }

  @Test
  void createUcQpWithAttr() throws IOException {
    shouldBeCreatedWithAttributes(QueuePairType.UNRELIABLE);
  }

  @Test
  void createUdQpWithAttr() throws IOException {
    shouldBeCreatedWithAttributes(QueuePairType.DATAGRAM);
  }

  private static void shouldRefuse(String name, UnaryOperator<QueuePairConfig> adjust)
      throws IOException {
    VerbsException e =
        assertThrows(
            VerbsException.class, () -> new Single(QueuePairType.RELIABLE, adjust).close());
    assertTrue(e.verb().startsWith("ibv_create_qp"), e.verb());
    assertTrue(e.getMessage().contains(name), e.getMessage());
    assertTrue(e.getMessage().contains("Context.attributes()"), e.getMessage());
  }

  private static DeviceAttributes limits() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture()) {
      return fixture.context.attributes();
    }
  }

  @Test
  void createQpIllegalCapsMaxSendSge() throws IOException {
    int limit = limits().maxElements();
    shouldRefuse("sendElements=" + (limit + 1), config -> config.withSendElements(limit + 1));
  }

  @Test
  void createQpIllegalCapsMaxRecvSge() throws IOException {
    int limit = limits().maxElements();
    shouldRefuse("receiveElements=" + (limit + 1), config -> config.withReceiveElements(limit + 1));
  }

  @Test
  void createQpIllegalCapsMaxSendWr() throws IOException {
    shouldRefuseDepth(true);
  }

  @Test
  void createQpIllegalCapsMaxRecvWr() throws IOException {
    shouldRefuseDepth(false);
  }

  /** Where the completion queue is too small already, that is what is said. */
  private static void shouldRefuseDepth(boolean send) throws IOException {
    try (DeviceFixture fixture = new DeviceFixture();
        ProtectionDomain domain = fixture.context.createDomain()) {
      DeviceAttributes limits = fixture.context.attributes();
      CompletionQueue queue = fixture.context.createCompletionQueue(limits.maxCompletionEntries());
      int tooMany = limits.maxQueueDepth() + 1;
      QueuePairConfig config =
          new QueuePairConfig(
              QueuePairType.RELIABLE,
              queue,
              queue,
              send ? tooMany : 1,
              send ? 1 : tooMany,
              1,
              1,
              0);
      Exception e = assertThrows(Exception.class, () -> domain.createQueuePair(config));
      if (tooMany < queue.capacity()) {
        assertTrue(e instanceof VerbsException, e::toString);
        assertTrue(e.getMessage().contains("Depth=" + tooMany), e.getMessage());
      } else {
        assertTrue(e instanceof IllegalArgumentException, e::toString);
        assertTrue(e.getMessage().contains("" + tooMany), e.getMessage());
      }
    }
  }

  @Test
  void modifyUdQp() throws IOException {
    try (Single single = new Single(QueuePairType.DATAGRAM)) {
      QueuePair pair = single.pair;
      pair.modify(
          new ToInit(
              QueuePairAttributes.none()
                  .withPort(single.port)
                  .withPkeyIndex(0)
                  .withQueueKey(QUEUE_KEY)));
      assertEquals(QueuePairState.INIT, pair.state());
      assertEquals(QUEUE_KEY, pair.snapshot().queueKey());
      pair.modify(new ToReceive(QueuePairAttributes.none()));
      assertEquals(QueuePairState.RTR, pair.state());
      pair.modify(
          new ToSend(QueuePairAttributes.none().withSendSequence(5).withQueueKey(QUEUE_KEY + 1)));
      assertEquals(QueuePairState.RTS, pair.state());
      assertEquals(QUEUE_KEY + 1, pair.snapshot().queueKey());
      pair.modify(
          new ToSend(
              QueuePairAttributes.none()
                  .withCurrentState(QueuePairState.RTS)
                  .withQueueKey(QUEUE_KEY + 2)));
      assertEquals(QUEUE_KEY + 2, pair.snapshot().queueKey());
      pair.modify(new ToReset());
      assertEquals(QueuePairState.RESET, pair.state());
    }
  }

  private static QueuePairSnapshot granted(Single single) throws VerbsException {
    QueuePairSnapshot snapshot = single.pair.snapshot();
    assertTrue(snapshot.sendDepth() >= 10, snapshot::toString);
    assertTrue(snapshot.receiveDepth() >= 20, snapshot::toString);
    assertTrue(snapshot.sendElements() >= 2, snapshot::toString);
    assertTrue(snapshot.receiveElements() >= 3, snapshot::toString);
    return snapshot;
  }

  @Test
  void queryRcQp() throws IOException {
    try (Single single = new Single(QueuePairType.RELIABLE)) {
      assertEquals(QueuePairState.RESET, granted(single).state());
      QueuePairAddress itself = single.itself();
      single.pair.connect(
          itself,
          ConnectOptions.defaults()
              .withTimeout(12)
              .withRetryCount(5)
              .withRnrRetry(3)
              .withMinRnrTimer(9)
              .withAccess(Set.of(Access.REMOTE_READ)));
      QueuePairSnapshot snapshot = granted(single);
      assertEquals(QueuePairState.RTS, snapshot.state());
      assertFalse(snapshot.draining());
      assertEquals(single.port, snapshot.port());
      assertEquals(Set.of(Access.REMOTE_READ), snapshot.access());
      assertEquals(itself.mtuBytes(), snapshot.pathMtuBytes());
      assertEquals(single.pair.number(), snapshot.peerNumber());
      assertEquals(itself.packetSequence(), snapshot.sendSequence());
      assertEquals(12, snapshot.timeout());
      assertEquals(5, snapshot.retryCount());
      assertEquals(3, snapshot.rnrRetry());
      assertEquals(9, snapshot.minRnrTimer());
      assertTrue(snapshot.maxReadAtomic() >= 1, snapshot::toString);
      AddressVector path = Objects.requireNonNull(snapshot.path());
      assertEquals(itself.gid(), path.gid());
      assertEquals(itself.gidIndex(), path.gidIndex());
    }
  }

  @Test
  void queryUcQp() throws IOException {
    try (Single single = new Single(QueuePairType.UNRELIABLE)) {
      QueuePairAddress itself = single.itself();
      single.pair.connect(itself);
      QueuePairSnapshot snapshot = granted(single);
      assertEquals(QueuePairState.RTS, snapshot.state());
      assertEquals(single.pair.number(), snapshot.peerNumber());
      assertEquals(itself.mtuBytes(), snapshot.pathMtuBytes());
    }
  }

  @Test
  void queryUdQp() throws IOException {
    try (Single single = new Single(QueuePairType.DATAGRAM)) {
      assertNull(granted(single).path());
      single.itself();
      single.pair.activate(QUEUE_KEY);
      QueuePairSnapshot snapshot = granted(single);
      assertEquals(QueuePairState.RTS, snapshot.state());
      assertEquals(QUEUE_KEY, snapshot.queueKey());
      assertEquals(single.port, snapshot.port());
    }
  }

  @Test
  void queryDataInOrder() throws IOException {
    try (Single single = new Single(QueuePairType.RELIABLE)) {
      single.pair.connect(single.itself());
      // Both answers are right; what counts is that there is one, and the same each time.
      for (WorkKind kind : new WorkKind[] {WorkKind.SEND, WorkKind.WRITE, WorkKind.READ}) {
        assertEquals(single.pair.arrivesInOrder(kind), single.pair.arrivesInOrder(kind));
      }
      assertThrows(
          IllegalArgumentException.class, () -> single.pair.arrivesInOrder(WorkKind.FETCH_AND_ADD));
    }
  }

  @Test
  void shouldDrainAndGoOn() throws IOException {
    try (LoopbackPair pair = new LoopbackPair()) {
      pair.leftPair.modify(new ToDrained(QueuePairAttributes.none()));
      assertEquals(QueuePairState.SQD, pair.leftPair.state());
      pair.leftPair.modify(new ToSend(QueuePairAttributes.none().withMinRnrTimer(3)));
      assertEquals(QueuePairState.RTS, pair.leftPair.state());
      assertEquals(3, pair.leftPair.snapshot().minRnrTimer());
      pair.leftPair
          .sends()
          .signaled()
          .write(1, pair.left, 0, 8, pair.right.address(), pair.right.rkey())
          .submit();
      assertTrue(pair.leftDone().succeeded());
    }
  }
}
