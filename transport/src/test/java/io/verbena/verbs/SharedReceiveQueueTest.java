package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.verbena.RdmaTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

@RdmaTest
class SharedReceiveQueueTest {
  private static final int DEPTH = 16;
  private static final int SLOT = 256;

  /** Some servers that share receives, each with a client of its own. */
  private static final class Servers extends DeviceFixture {
    final ProtectionDomain domain = context.createDomain();
    final CompletionQueue clientQueue = context.createCompletionQueue(512);
    final List<CompletionQueue> serverQueues =
        List.of(context.createCompletionQueue(256), context.createCompletionQueue(256));
    final MemoryRegion region = domain.allocate(LoopbackPair.REGION_BYTES, Access.LOCAL_WRITE);
    final SharedReceiveQueue shared = domain.createSharedReceiveQueue(DEPTH, 2);
    final List<QueuePair> servers = new ArrayList<>();
    final List<QueuePair> clients = new ArrayList<>();

    Servers(int count) throws IOException {
      boolean ready = false;
      try {
        for (int i = 0; i < count; i++) {
          connect(serverQueues.get(i % 2));
        }
        ready = true;
      } finally {
        if (!ready) {
          close();
        }
      }
    }

    void connect(CompletionQueue queue) throws IOException {
      QueuePair server =
          domain.createQueuePair(
              QueuePairConfig.reliable(queue).withSendDepth(8).withSharedReceiveQueue(shared));
      QueuePair client =
          domain.createQueuePair(QueuePairConfig.reliable(clientQueue).withReceiveDepth(0));
      QueuePairAddress there = server.address(port, gidIndex);
      server.connect(client.address(port, gidIndex));
      client.connect(there);
      servers.add(server);
      clients.add(client);
    }

    void post(int count) throws VerbsException {
      for (int i = 0; i < count; i++) {
        shared.receives().receive(i, region, (long) i * SLOT, SLOT);
      }
      assertTrue(shared.receives().submit());
    }

    void send(int client, String text) throws VerbsException {
      LoopbackPair.put(region, 32_768, text);
      clients.get(client).sends().signaled().send(client, region, 32_768, text.length()).submit();
      assertTrue(LoopbackPair.next(clientQueue).succeeded());
    }
  }

  @Test
  void shouldServeSeveralQueuePairsAndCompletionQueues() throws IOException {
    try (Servers servers = new Servers(4)) {
      servers.post(DEPTH);
      assertEquals(0, servers.shared.receives().free());
      Set<Long> ids = new TreeSet<>();
      for (int round = 0; round < 5; round++) {
        for (int i = 3; i >= 0; i--) {
          servers.send(i, "message " + round + i);
          Completions got = LoopbackPair.next(servers.serverQueues.get(i % 2));
          assertTrue(got.succeeded(), () -> got.status().toString());
          assertSame(servers.servers.get(i), got.queuePair());
          assertEquals(WorkKind.RECEIVE, got.kind());
          assertEquals(10, got.byteCount());
          assertEquals(
              "message " + round + i, LoopbackPair.get(servers.region, got.id() * SLOT, 10));
          assertEquals(1, servers.shared.receives().free());
          ids.add(got.id());
          long slot = got.id();
          servers.shared.receives().receive(slot, servers.region, slot * SLOT, SLOT).submit();
        }
      }
      assertEquals(DEPTH, ids.size());
    }
  }

  @Test
  void shouldTakeSlotsBackInAnyOrder() throws IOException {
    try (Servers servers = new Servers(2)) {
      servers.post(DEPTH);
      for (int i = 0; i < DEPTH; i++) {
        servers.send(i % 2, "to " + i);
      }
      // The second queue first: what it has was posted and filled in between the others.
      Set<Long> ids = new TreeSet<>();
      for (int queue = 1; queue >= 0; queue--) {
        for (int i = 0; i < DEPTH / 2; i++) {
          ids.add(LoopbackPair.next(servers.serverQueues.get(queue)).id());
        }
      }
      assertEquals(DEPTH, ids.size());
      assertEquals(DEPTH, servers.shared.receives().free());
      servers.post(DEPTH);
      servers.send(0, "again");
      assertTrue(LoopbackPair.next(servers.serverQueues.getFirst()).succeeded());
    }
  }

  @Test
  void shouldSayThatTheQueueIsFull() throws IOException {
    try (Servers servers = new Servers(0)) {
      servers.post(DEPTH - 1);
      ReceiveBatch receives = servers.shared.receives();
      receives.receive(1, servers.region, 0, 8).receive(2, servers.region, 0, 8);
      assertFalse(receives.submit());
      assertTrue(receives.receive(1, servers.region, 0, 8).submit());
      assertFalse(receives.receive(1, servers.region, 0, 8).submit());
      assertEquals(0, receives.free());
    }
  }

  @Test
  void shouldGetBackTheSlotsOfAQueuePairThatIsClosed() throws IOException {
    try (Servers servers = new Servers(1)) {
      servers.post(DEPTH);
      servers.send(0, "nobody reads this");
      CompletionQueue queue = servers.serverQueues.getFirst();
      assertTrue(queue.await(LoopbackPair.PATIENCE));
      servers.servers.getFirst().close();
      assertFalse(queue.poll().next());
      assertEquals(1, servers.shared.receives().free());
    }
  }

  @Test
  void shouldScatterAMessage() throws IOException {
    try (Servers servers = new Servers(1)) {
      servers
          .shared
          .receives()
          .receive(1, servers.region, 0, 4)
          .append(servers.region, 1000, 100)
          .submit();
      servers.send(0, "headbody");
      assertEquals(8, LoopbackPair.next(servers.serverQueues.getFirst()).byteCount());
      assertEquals("head", LoopbackPair.get(servers.region, 0, 4));
      assertEquals("body", LoopbackPair.get(servers.region, 1000, 4));
    }
  }

  @Test
  void shouldReserveRoomOnceForEachCompletionQueue() throws IOException {
    try (Servers servers = new Servers(0)) {
      CompletionQueue queue = servers.context.createCompletionQueue(64);
      int capacity = queue.capacity();
      QueuePairConfig config =
          QueuePairConfig.reliable(queue).withSharedReceiveQueue(servers.shared).withSendDepth(1);
      servers.domain.createQueuePair(config);
      servers.domain.createQueuePair(config.withSendDepth(capacity - DEPTH - 1));
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class, () -> servers.domain.createQueuePair(config));
      assertTrue(e.getMessage().contains("do not fit"), e.getMessage());
      servers.shared.close();
      servers.domain.createQueuePair(
          QueuePairConfig.reliable(queue).withSendDepth(capacity).withReceiveDepth(0));
    }
  }

  @Test
  void shouldGiveTheRoomBackIfTheQueuePairCannotBeCreated() throws IOException {
    try (Servers servers = new Servers(0)) {
      CompletionQueue queue = servers.context.createCompletionQueue(64);
      int capacity = queue.capacity();
      QueuePairConfig config =
          QueuePairConfig.reliable(queue).withSharedReceiveQueue(servers.shared);
      // First our own refusal, then the device's.
      assertThrows(
          IllegalArgumentException.class,
          () -> servers.domain.createQueuePair(config.withSendDepth(capacity)));
      assertThrows(
          VerbsException.class,
          () ->
              servers.domain.createQueuePair(config.withSendDepth(1).withSendElements(1_000_000)));
      servers.domain.createQueuePair(
          QueuePairConfig.reliable(queue).withSendDepth(capacity).withReceiveDepth(0));
    }
  }

  @Test
  void shouldRefuseANumberWhoseReceivesMayBeInTheSendQueue() throws IOException {
    try (Servers servers = new Servers(0)) {
      CompletionQueue stale = servers.context.createCompletionQueue(64);
      CompletionQueue fresh = servers.context.createCompletionQueue(64);
      QueuePairConfig config =
          QueuePairConfig.reliable(stale)
              .withReceiveQueue(fresh)
              .withSendDepth(8)
              .withReceiveDepth(8);
      // The device gives numbers again after very many only: so those to come count as used.
      QueuePair first = servers.domain.createQueuePair(config);
      for (int i = 1; i <= 64; i++) {
        stale.sources().leaveReceives(first.number() + i);
      }
      int next =
          servers
              .domain
              .createQueuePair(QueuePairConfig.reliable(fresh).withSendDepth(8).withReceiveDepth(8))
              .number();
      assumeTrue(
          next > first.number() && next < first.number() + 64, "numbers do not go up one by one");
      IllegalStateException e =
          assertThrows(IllegalStateException.class, () -> servers.domain.createQueuePair(config));
      assertTrue(e.getMessage().contains("poll it until it is empty"), e.getMessage());
      assertFalse(stale.poll().next());
      servers.domain.createQueuePair(config);
    }
  }

  @Test
  void shouldArmTheLimitAndSayIt() throws IOException {
    try (Servers servers = new Servers(0)) {
      servers.post(DEPTH);
      assertEquals(0, servers.shared.attributes().limit());
      servers.shared.arm(5);
      SharedReceiveQueueAttributes attributes = servers.shared.attributes();
      assertEquals(5, attributes.limit());
      assertTrue(attributes.depth() >= DEPTH, attributes::toString);
      assertTrue(attributes.elements() >= 2, attributes::toString);
      assertThrows(IllegalArgumentException.class, () -> servers.shared.arm(DEPTH + 1));
    }
  }

  @Test
  void shouldCloseItsQueuePairs() throws IOException {
    try (Servers servers = new Servers(2)) {
      servers.post(4);
      QueuePair server = servers.servers.getFirst();
      IllegalStateException e = assertThrows(IllegalStateException.class, server::receives);
      assertTrue(e.getMessage().contains("shared receive queue"), e.getMessage());
      servers.shared.close();
      assertFalse(server.isOpen());
      assertThrows(IllegalStateException.class, () -> servers.shared.arm(1));
      assertThrows(
          IllegalStateException.class,
          () -> servers.shared.receives().receive(1, servers.region, 0, 8).submit());
      assertTrue(servers.clients.getFirst().isOpen());
    }
  }
}
