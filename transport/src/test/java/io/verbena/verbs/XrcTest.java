package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.verbena.RdmaTest;
import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.verbs.ibv_send_wr;
import io.verbena.ffi.verbs.ibv_srq_attr;
import io.verbena.ffi.verbs.ibv_srq_init_attr;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Extended reliable connections. soft-RoCE has none: there, what is seen is the refusal, what
 * requests say (the C object behind is of another type, and gets none of them), and how a shared
 * receive queue (an ordinary one) closes together with its completion queue. The rest waits for an
 * adapter.
 */
@RdmaTest
class XrcTest {
  private static final int DEPTH = 8;
  private static final int SLOT = 64;

  private DeviceFixture fixture;
  private Context context;
  private ProtectionDomain domain;
  private CompletionQueue queue;
  private MemoryRegion region;

  @BeforeEach
  void open() throws IOException {
    fixture = new DeviceFixture();
    context = fixture.context;
    domain = context.createDomain();
    queue = context.createCompletionQueue(64);
    region =
        domain.allocate(
            4096,
            Access.LOCAL_WRITE,
            Access.REMOTE_WRITE,
            Access.REMOTE_READ,
            Access.REMOTE_ATOMIC);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private boolean hasXrc() throws VerbsException {
    return context.attributes().capabilities().contains(DeviceCapability.EXTENDED_RELIABLE);
  }

  private QueuePairConfig sending() {
    return QueuePairConfig.xrcSend(queue).withSendDepth(DEPTH).withInlineBytes(32);
  }

  private QueuePair ordinary() throws VerbsException {
    return domain.createQueuePair(
        QueuePairConfig.reliable(queue).withSendDepth(DEPTH).withReceiveDepth(DEPTH));
  }

  @Test
  void shouldNameTheCapabilityThatTheDeviceLacks() throws IOException {
    assumeFalse(hasXrc(), "the device has XRC");
    int capacity = queue.capacity();
    VerbsException noDomain = assertThrows(VerbsException.class, context::openXrcDomain);
    VerbsException noPair =
        assertThrows(VerbsException.class, () -> domain.createQueuePair(sending()));
    assertEquals("ibv_open_xrcd", noDomain.verb());
    assertEquals("ibv_create_qp", noPair.verb());
    for (VerbsException refusal : List.of(noDomain, noPair)) {
      assertEquals("EOPNOTSUPP", refusal.errnoName());
      assertTrue(
          refusal
              .cure()
              .startsWith(
                  context.device().name()
                      + " has no extended reliable connections (its capabilities lack"
                      + " EXTENDED_RELIABLE)"),
          refusal.getMessage());
    }
    // Nothing was set aside for it.
    domain.createQueuePair(
        QueuePairConfig.reliable(queue).withSendDepth(capacity).withReceiveDepth(0));
  }

  @Test
  void shouldRefuseQueuesThatTheTypesDoNotHave() {
    QueuePairConfig sender = sending();
    assertEquals(0, sender.receiveDepth());
    assertThrows(IllegalArgumentException.class, () -> sender.withReceiveDepth(1));
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> new QueuePairConfig(QueuePairType.XRC_RECEIVE, queue, queue, 1, 1, 1, 1, 0));
    assertTrue(e.getMessage().contains("XrcDomain.createQueuePair()"), e.getMessage());
  }

  @Test
  void shouldNameASharedReceiveQueueWithXrcOnly() throws IOException {
    QueuePair ordinary = ordinary();
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> ordinary.sends().toShared(1));
    assertTrue(e.getMessage().contains("XRC_SEND"), e.getMessage());
    SharedReceiveQueue shared = domain.createSharedReceiveQueue(DEPTH, 1);
    assertThrows(IllegalStateException.class, shared::number);
  }

  @Test
  void shouldWriteTheSharedReceiveQueueIntoEveryRequest() throws IOException {
    QueuePair ordinary = ordinary();
    QueuePair sender = new QueuePair(domain, sending(), ordinary.handle, 32, false);
    assertThrows(IllegalStateException.class, sender::receives);
    SendBatch batch = sender.sends();
    batch.toShared(0xfffff1).send(1, region, 0, 16);
    batch.toShared(2).inline().sendImmediate(2, region, 0, 16, 77);
    batch.toShared(3).write(3, region, 0, 16, 0x1234, 0x5678);
    batch.toShared(4).read(4, region, 0, 16, 0x1234, 0x5678);
    batch.toShared(5).fetchAndAdd(5, region, 0, 0x1000, 0x5678, 1);
    int[] expected = {0xfffff1, 2, 3, 4, 5};
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], sharedNumber(batch, i), "request " + i);
    }
    MemorySegment write = request(batch, 2);
    MemorySegment remote = ibv_send_wr.wr.rdma(ibv_send_wr.wr(write));
    assertEquals(0x1234, ibv_send_wr.wr.rdma.remote_addr(remote));
    assertEquals(0x5678, ibv_send_wr.wr.rdma.rkey(remote));

    // For the next request only.
    assertThrows(IllegalStateException.class, () -> batch.send(6, region, 0, 16));
    assertThrows(IllegalStateException.class, () -> batch.read(6, region, 0, 16, 0, 0));
    assertThrows(
        IllegalArgumentException.class,
        () -> batch.toShared(1).inline().read(6, region, 0, 1, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> batch.toShared(1 << 24));
    assertEquals(expected.length, batch.size());
  }

  private static MemorySegment request(SendBatch batch, int place) {
    return batch.slots.asSlice(place * batch.stride, ibv_send_wr.sizeof());
  }

  private static int sharedNumber(SendBatch batch, int place) {
    return ibv_send_wr.qp_type.xrc.remote_srqn(
        ibv_send_wr.qp_type.xrc(ibv_send_wr.qp_type(request(batch, place))));
  }

  /** As XRC has it, but the C object is an ordinary one: what the device gives. */
  private SharedReceiveQueue ordinaryOf(XrcDomain xrc, CompletionQueue receives) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = ibv_srq_init_attr.allocate(arena);
      ibv_srq_attr.max_wr(ibv_srq_init_attr.attr(attributes), DEPTH);
      ibv_srq_attr.max_sge(ibv_srq_init_attr.attr(attributes), 1);
      MemorySegment handle =
          ErrnoCalls.createSrq(ErrnoCalls.capture(arena), domain.handle, attributes);
      assertTrue(handle.address() != 0);
      SharedReceiveQueue shared =
          new SharedReceiveQueue(
              domain, handle, DEPTH, 1, new SharedReceiveQueue.Xrc(xrc, receives, 0x123456));
      shared.completesOn(receives);
      return domain.adopt(shared);
    }
  }

  @Test
  void shouldCloseASharedReceiveQueueAndItsCompletionQueueTogether() throws Exception {
    // Never adopted, so that nobody closes it: there is no C object.
    XrcDomain xrc = new XrcDomain(context, MemorySegment.NULL);
    SharedReceiveQueue shared = ordinaryOf(xrc, queue);
    assertEquals(0x123456, shared.number());
    assertEquals(List.of(queue.sources()), xrc.completionSources());
    assertTrue(shared.receives().receive(1, region, 0, SLOT).submit());
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                domain.createQueuePair(
                    QueuePairConfig.reliable(queue).withSharedReceiveQueue(shared)));
    assertTrue(e.getMessage().contains("XRC domain"), e.getMessage());

    CompletableFuture<Boolean> awaiting = new CompletableFuture<>();
    Thread.ofPlatform().start(() -> awaiting.completeAsync(() -> awaits(queue), Runnable::run));
    Thread.sleep(200);
    assertFalse(awaiting.isDone());
    shared.close();
    assertFalse(queue.isOpen());
    ExecutionException ended =
        assertThrows(ExecutionException.class, () -> awaiting.get(10, TimeUnit.SECONDS));
    assertInstanceOf(IllegalStateException.class, ended.getCause());
    assertThrows(IllegalStateException.class, queue::poll);
    assertEquals(List.of(), xrc.completionSources());

    CompletionQueue another = context.createCompletionQueue(64);
    SharedReceiveQueue second = ordinaryOf(xrc, another);
    another.close();
    assertFalse(second.isOpen());
    assertTrue(domain.isOpen());
  }

  private static boolean awaits(CompletionQueue queue) {
    try {
      return queue.await(LoopbackPair.PATIENCE);
    } catch (VerbsException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shouldDeliverToTheSharedReceiveQueueThatTheMessageNames() throws IOException {
    assumeTrue(hasXrc(), "the device has no XRC");
    XrcDomain xrc = context.openXrcDomain();
    CompletionQueue firstQueue = context.createCompletionQueue(64);
    CompletionQueue secondQueue = context.createCompletionQueue(64);
    SharedReceiveQueue first = domain.createSharedReceiveQueue(DEPTH, 1, xrc, firstQueue);
    QueuePair receiver = xrc.createQueuePair();
    SharedReceiveQueue second = domain.createSharedReceiveQueue(DEPTH, 1, xrc, secondQueue);
    QueuePair sender = domain.createQueuePair(sending());
    QueuePairAddress there = receiver.address(fixture.port, fixture.gidIndex);
    receiver.connect(sender.address(fixture.port, fixture.gidIndex));
    sender.connect(there);
    assertEquals(QueuePairState.RTS, receiver.state());
    assertThrows(IllegalStateException.class, receiver::sends);
    assertThrows(IllegalStateException.class, receiver::receives);

    LoopbackPair.put(region, 1024, "message");
    List<SharedReceiveQueue> queues = List.of(first, second);
    List<CompletionQueue> completions = List.of(firstQueue, secondQueue);
    for (int i = 1; i >= 0; i--) {
      SharedReceiveQueue shared = queues.get(i);
      assertTrue(shared.receives().receive(i, region, (long) i * SLOT, SLOT).submit());
      sender.sends().toShared(shared.number()).signaled().send(9, region, 1024, 7).submit();
      assertTrue(LoopbackPair.next(queue).succeeded());
      Completions got = LoopbackPair.next(completions.get(i));
      assertTrue(got.succeeded(), () -> got.status().toString());
      assertSame(receiver, got.queuePair());
      assertEquals(i, got.id());
      assertEquals("message", LoopbackPair.get(region, (long) i * SLOT, got.byteCount()));
      assertEquals(DEPTH, shared.receives().free());
    }
    sender
        .sends()
        .toShared(first.number())
        .signaled()
        .write(10, region, 1024, 7, region.address() + 2048, region.rkey())
        .submit();
    assertTrue(LoopbackPair.next(queue).succeeded());
    assertEquals("message", LoopbackPair.get(region, 2048, 7));

    second.close();
    assertFalse(secondQueue.isOpen());
    assertTrue(receiver.isOpen());
    xrc.close();
    assertFalse(receiver.isOpen());
    assertFalse(firstQueue.isOpen());
    assertTrue(sender.isOpen());
  }
}
