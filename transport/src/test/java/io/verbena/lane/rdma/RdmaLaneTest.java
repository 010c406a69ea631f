package io.verbena.lane.rdma;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.verbena.RdmaTest;
import io.verbena.lane.Frame;
import io.verbena.lane.LaneFailure;
import io.verbena.memory.BufferPoolConfig;
import io.verbena.verbs.AsyncEvent;
import io.verbena.verbs.AsyncEventType;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lanes that share a hub, and messages that are pulled. */
@RdmaTest
@Timeout(120)
class RdmaLaneTest {
  private static final long COOKIE = 7L << 32 | 3;

  private LanePair pair;

  @BeforeEach
  void open() throws IOException {
    pair = new LanePair();
  }

  @AfterEach
  void close() {
    pair.close();
  }

  private static ByteBuf random(ByteBuf into, long seed, int bytes) {
    byte[] content = new byte[bytes];
    new Random(seed).nextBytes(content);
    return into.writeBytes(content);
  }

  private static Frame header(byte type, int length, long sequence) {
    var frame = new Frame();
    frame.type = type;
    frame.length = length;
    frame.sequence = sequence;
    return frame;
  }

  private static boolean send(RdmaLane lane, ByteBuf payload, long sequence) {
    return LanePair.locked(
        lane,
        () -> lane.trySend(header(Frame.DATA, payload.readableBytes(), sequence), payload, 0));
  }

  @Test
  void shouldKeepFramesThatCameBeforeTheFirstPoll() throws IOException {
    var lanes = pair.connect();
    int count = 10;
    for (int i = 0; i < count; i++) {
      assertTrue(send(lanes.near(), random(Unpooled.buffer(), i, 100 * i), i));
    }
    // The transport's thread may get them, for whoever comes.
    LanePair.until(
        () -> !LanePair.locked(lanes.near(), lanes.near()::hasUnsent),
        () -> {
          pair.near.adapter.hub().poll(64);
          pair.far.adapter.hub().poll(64);
        });
    var hearer = new Hearer();
    LanePair.until(() -> hearer.frames.size() >= count, () -> hearer.poll(lanes.far()));
    for (int i = 0; i < count; i++) {
      assertEquals(i, hearer.frames.get(i).sequence());
      assertEquals(
          random(Unpooled.buffer(), i, 100 * i),
          Unpooled.wrappedBuffer(hearer.frames.get(i).payload()));
    }
    assertEquals(count, hearer.frames.size());
  }

  @Test
  void shouldTellOthersWhatOnePolls() throws IOException {
    var one = pair.connect();
    var other = pair.connect();
    var polls = new Hearer();
    var sleeps = new Hearer();
    sleeps.poll(other.far());
    assertTrue(send(other.near(), Unpooled.wrappedBuffer(new byte[] {1, 2, 3}), 0));
    LanePair.until(() -> !sleeps.frames.isEmpty(), () -> polls.poll(one.far()));
    assertEquals(ByteBuffer.wrap(new byte[] {1, 2, 3}), sleeps.frames.getFirst().payload());
    assertTrue(sleeps.settled > 0, "the other endpoint was not told");
    assertEquals(0, polls.settled, "who polls knows");
  }

  /** A lane whose peer takes nothing keeps its slots for long: others get theirs all the same. */
  @Test
  void shouldLeaveSlotsForOthers() throws IOException {
    List<LanePair.Lanes> lanes = List.of(pair.connect(), pair.connect(), pair.connect());
    ByteBuf payload = random(Unpooled.buffer(), 1, 4000);
    var hearers = lanes.stream().map(each -> new Hearer()).toList();
    for (int i = 0; i < lanes.size(); i++) {
      hearers.get(i).poll(lanes.get(i).near());
    }
    RdmaLane first = lanes.getFirst().near();
    // Under the lock: nobody takes completions meanwhile.
    first.lock().lock();
    try {
      int byOne = sendAll(first, payload);
      assertTrue(byOne > 8, "only " + byOne + " slots");
      assertEquals(byOne, sendAll(lanes.get(1).near(), payload), "the second has the same right");
      assertEquals(1, sendAll(lanes.get(2).near(), payload), "one is nobody else's");
    } finally {
      first.lock().unlock();
    }
    // And who found none is told when there are some again.
    var far = new Hearer();
    LanePair.until(
        () -> hearers.get(2).settled > 0,
        () -> {
          hearers.getFirst().poll(first);
          lanes.forEach(each -> far.poll(each.far()));
        });
    assertTrue(send(lanes.get(2).near(), payload, 1));
  }

  private static int sendAll(RdmaLane lane, ByteBuf payload) {
    int sent = 0;
    while (lane.trySend(header(Frame.DATA, payload.readableBytes(), sent), payload, 0)) {
      sent++;
    }
    return sent;
  }

  @Test
  void shouldEndALaneWhosePeerTalksBesideTheQueuePair() throws IOException {
    var lanes = pair.connect();
    var other = pair.connect();
    var hearer = new Hearer();
    hearer.poll(lanes.near());
    var otherHearer = new Hearer();
    otherHearer.poll(other.near());
    pair.farChannel(0).write(ByteBuffer.wrap(new byte[1]));
    LanePair.until(() -> !hearer.down.isEmpty(), () -> pair.near.adapter.hub().checkPeers());
    assertEquals(LaneFailure.Kind.PROTOCOL, hearer.down.getFirst().kind());
    assertTrue(otherHearer.down.isEmpty(), "another lane went down, too");
  }

  @Test
  void shouldEndALaneWhoseQueuePairHasFailed() throws IOException {
    var lanes = pair.connect();
    var other = pair.connect();
    var hearer = new Hearer();
    hearer.poll(lanes.near());
    var otherHearer = new Hearer();
    otherHearer.poll(other.near());
    tell(
        lanes.near(),
        new AsyncEvent.OfQueuePair(
            AsyncEventType.COMMUNICATION_ESTABLISHED, Optional.of(lanes.near().queuePair())));
    assertTrue(hearer.down.isEmpty());
    tell(
        lanes.near(),
        new AsyncEvent.OfQueuePair(
            AsyncEventType.QUEUE_PAIR_FATAL, Optional.of(lanes.near().queuePair())));
    assertEquals(1, hearer.down.size());
    assertTrue(hearer.down.getFirst().text().contains("QUEUE_PAIR_FATAL"));
    assertTrue(otherHearer.down.isEmpty(), "another lane went down, too");
    assertTrue(send(other.near(), random(Unpooled.buffer(), 1, 100), 0));
  }

  /** The kernel's soft device cannot bring it about: it waits with its end until all have left. */
  @Test
  void shouldEndAllLanesOfADeviceThatIsGone() throws IOException {
    var lanes = pair.connect();
    var other = pair.connect();
    var hearer = new Hearer();
    hearer.poll(lanes.near());
    hearer.poll(other.near());
    tell(lanes.near(), new AsyncEvent.OfPort(AsyncEventType.PORT_ERROR, 1));
    assertTrue(hearer.down.isEmpty());
    tell(lanes.near(), new AsyncEvent.OfDevice(AsyncEventType.DEVICE_FATAL));
    assertEquals(2, hearer.down.size());
    hearer.down.forEach(cause -> assertEquals(LaneFailure.Kind.NETWORK, cause.kind()));
    assertThrows(IOException.class, pair.near.adapter::requireBuffers);
    // What is known of adapters is a second old at most.
    LanePair.until(() -> pair.near.offer().candidates().isEmpty(), Thread::onSpinWait);
    String declined = String.join("; ", pair.near.offer().declined());
    assertTrue(declined.contains("the device has failed or was removed"), declined);
  }

  @Test
  void shouldFreeWhatADeadGroupHasWhenItsLanesHaveLeft() throws IOException {
    int receives = LanePair.WINDOW + LaneGroup.UNCREDITED;
    RdmaLane last = pair.connect().near();
    RdmaHub hub = pair.near.adapter.hub();
    hub.lock().lock();
    try {
      LaneGroup dead = hub.group(receives, LanePair.DEPTH);
      dead.failAll("the test's defect");
      LaneGroup next = hub.group(receives, LanePair.DEPTH);
      assertNotSame(dead, next);
      assertTrue(dead.memory.region.isOpen(), "a lane was still there");
      last.close();
      assertSame(next, hub.group(receives, LanePair.DEPTH));
      assertFalse(dead.memory.region.isOpen(), "the dead group keeps its memory");
      assertTrue(next.memory.region.isOpen());
    } finally {
      hub.lock().unlock();
    }
    var lanes = pair.connect();
    assertTrue(send(lanes.near(), random(Unpooled.buffer(), 1, 100), 0));
  }

  private void tell(RdmaLane lane, AsyncEvent event) {
    lane.lock().lock();
    try {
      pair.near.adapter.hub().news().handle(event);
    } finally {
      lane.lock().unlock();
    }
    pair.near.adapter.hub().checkPeers();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4096, 1 << 20, (1 << 20) + 1, 40 << 20})
  void shouldPullAMessageOfOnePiece(int bytes) throws IOException {
    ByteBuf message = random(pair.near.buffers.directBuffer(bytes), bytes, bytes);
    pull(message, bytes);
    assertEquals(0, pair.near.buffers.metrics().copies());
  }

  @Test
  void shouldPullAComposite() throws IOException {
    var composite = pair.near.buffers.compositeDirectBuffer();
    List<ByteBuf> between = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      composite.addComponent(true, random(pair.near.buffers.directBuffer(10_000), i, 1000 * i + 1));
      // So that the pieces do not lie beside each other.
      between.add(pair.near.buffers.directBuffer(10_000));
    }
    pull(composite, composite.readableBytes());
    between.forEach(ByteBuf::release);
    assertEquals(0, pair.near.buffers.metrics().copies());
  }

  /** As a message may be that is put together while the adapter fails. */
  @Test
  void shouldNotLetAPeerPullWhatIsRegisteredOnlyInParts() throws IOException {
    var lanes = pair.connect();
    var buffers = pair.near.buffers;
    ByteBuf registered = random(buffers.directBuffer(10_000), 1, 10_000);
    assertNotNull(buffers.regionOf(registered));
    pair.near.adapter.giveUp("for the test");
    int length = BufferPoolConfig.defaults().largestSlabBytes();
    ByteBuf plain = random(buffers.directBuffer(length), 2, 10_000);
    assertNull(buffers.regionOf(plain));
    ByteBuf message = buffers.compositeDirectBuffer().addComponents(true, registered, plain);
    var pullable = new AtomicReference<ByteBuf>();
    LanePair.locked(
        lanes.near(),
        () -> {
          pullable.set(lanes.near().pullable(message));
          return true;
        });
    assertNull(pullable.get());
    assertTrue(message.release());
  }

  @Test
  void shouldCopyAForeignMessageOnceAndPullThat() throws IOException {
    ByteBuf foreign = random(Unpooled.buffer(), 1, 100_000);
    pull(foreign, 100_000);
    assertTrue(foreign.release(), "the message stays the caller's");
    assertEquals(1, pair.near.buffers.metrics().copies());
  }

  private void pull(ByteBuf message, int bytes) throws IOException {
    var lanes = pair.connect();
    var near = new Hearer();
    var far = new Hearer();
    ByteBuf pullable = advertise(lanes.near(), message);
    if (message.isDirect()) {
      assertSame(message, pullable);
    } else {
      assertNotSame(message, pullable);
    }
    assertEquals(1, message.refCnt());
    LanePair.until(() -> !far.frames.isEmpty(), () -> far.poll(lanes.far()));
    var heard = far.frames.getFirst();
    assertEquals(Frame.ADVERTISE, heard.type());
    ByteBuf target = pair.far.buffers.directBuffer(bytes + 10).writeZero(10);
    ByteBuffer payload = heard.payload();
    assertTrue(lanes.far().isAdvertisement(payload, bytes));
    assertFalse(lanes.far().isAdvertisement(payload, bytes + 1));
    assertTrue(LanePair.locked(lanes.far(), () -> lanes.far().tryPull(target, payload, COOKIE)));
    LanePair.until(
        () -> !far.completed.isEmpty(),
        () -> {
          far.poll(lanes.far());
          near.poll(lanes.near());
        });
    assertEquals(List.of(COOKIE), far.completed);
    assertEquals(List.of(), far.failures);
    assertEquals(10, target.writerIndex());
    target.writerIndex(10 + bytes).readerIndex(10);
    assertEquals(message, target);
    target.release();
    pullable.release();
  }

  private static ByteBuf advertise(RdmaLane lane, ByteBuf message) {
    lane.lock().lock();
    try {
      ByteBuf pullable = lane.pullable(message);
      assertNotNull(pullable);
      assertTrue(lane.tryAdvertise(header(Frame.ADVERTISE, 0, 0), pullable));
      return pullable;
    } finally {
      lane.lock().unlock();
    }
  }

  @Test
  void shouldPullSeveralAtATime() throws IOException {
    var lanes = pair.connect();
    var far = new Hearer();
    int count = 4;
    List<ByteBuf> messages =
        IntStream.range(0, count)
            .mapToObj(i -> random(pair.near.buffers.directBuffer(12 << 20), i, 12 << 20))
            .toList();
    messages.forEach(message -> advertise(lanes.near(), message));
    LanePair.until(() -> far.frames.size() == count, () -> far.poll(lanes.far()));
    List<ByteBuf> targets = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ByteBuf target = pair.far.buffers.directBuffer(12 << 20);
      targets.add(target);
      ByteBuffer payload = far.frames.get(i).payload();
      long cookie = i;
      LanePair.until(
          () -> LanePair.locked(lanes.far(), () -> lanes.far().tryPull(target, payload, cookie)),
          () -> far.poll(lanes.far()));
    }
    LanePair.until(() -> far.completed.size() == count, () -> far.poll(lanes.far()));
    for (int i = 0; i < count; i++) {
      assertEquals(messages.get(i), targets.get(i).writerIndex(12 << 20));
      messages.get(i).release();
      targets.get(i).release();
    }
  }

  @Test
  void shouldFailOnlyTheLaneWhosePeerAdvertisesWhatIsNotThere() throws IOException {
    var bad = pair.connect();
    var good = pair.connect();
    var badHearer = new Hearer();
    var goodHearer = new Hearer();
    ByteBuffer forged = ByteBuffer.allocate(16).putLong(0x1000).putInt(100).putInt(77).flip();
    ByteBuf target = pair.far.buffers.directBuffer(100);
    badHearer.poll(bad.far());
    goodHearer.poll(good.far());
    assertTrue(LanePair.locked(bad.far(), () -> bad.far().tryPull(target, forged, COOKIE)));
    // The other endpoint polls: the failed lane's hears of it all the same.
    LanePair.until(() -> !badHearer.down.isEmpty(), () -> goodHearer.poll(good.far()));
    assertEquals(LaneFailure.Kind.REMOTE_ACCESS, badHearer.down.getFirst().kind());
    assertEquals(List.of(COOKIE), badHearer.completed);
    assertEquals(List.of(), goodHearer.down);
    target.release();
    pullOn(good);
  }

  private void pullOn(LanePair.Lanes lanes) {
    var far = new Hearer();
    ByteBuf message = random(pair.near.buffers.directBuffer(5000), 1, 5000);
    advertise(lanes.near(), message);
    LanePair.until(() -> !far.frames.isEmpty(), () -> far.poll(lanes.far()));
    ByteBuf target = pair.far.buffers.directBuffer(5000);
    ByteBuffer payload = far.frames.getFirst().payload();
    assertTrue(LanePair.locked(lanes.far(), () -> lanes.far().tryPull(target, payload, COOKIE)));
    LanePair.until(() -> !far.completed.isEmpty(), () -> far.poll(lanes.far()));
    assertEquals(message, target.writerIndex(5000));
    message.release();
    target.release();
  }

  @Test
  void shouldGiveBackWhatClosedLanesHad() throws IOException {
    ByteBuf payload = random(Unpooled.buffer(), 1, 8000);
    // More often than a group has places, and with frames under way that nobody takes.
    for (int round = 0; round < 40; round++) {
      var lanes = pair.connect();
      for (int i = 0; i < 16; i++) {
        assertTrue(send(lanes.near(), payload, i), "round " + round);
      }
      lanes.far().close();
      lanes.near().close();
    }
    var lanes = pair.connect();
    var far = new Hearer();
    for (int i = 0; i < 16; i++) {
      assertTrue(send(lanes.near(), payload, i));
    }
    LanePair.until(() -> far.frames.size() == 16, () -> far.poll(lanes.far()));
  }

  @Test
  void shouldEndALaneWhoseEndpointFailsAndNoOther() throws IOException {
    var bad = pair.connect();
    var good = pair.connect();
    var failing =
        new Hearer() {
          @Override
          public void frame(Frame header, ByteBuffer payload) {
            throw new IllegalStateException("a defect");
          }
        };
    failing.poll(bad.far());
    var goodHearer = new Hearer();
    assertTrue(send(bad.near(), Unpooled.wrappedBuffer(new byte[10]), 0));
    LanePair.until(() -> !failing.down.isEmpty(), () -> goodHearer.poll(good.far()));
    LaneFailure cause = failing.down.getFirst();
    assertEquals(LaneFailure.Kind.PROTOCOL, cause.kind());
    assertTrue(cause.text().contains("a defect"), cause.text());
    pullOn(good);
  }

  @Test
  void shouldNoticeThatThePeerHasGone() throws IOException {
    var lanes = pair.connect();
    var others = pair.connect();
    var far = new Hearer();
    var otherHearer = new Hearer();
    far.poll(lanes.far());
    lanes.near().close();
    LanePair.until(() -> !far.down.isEmpty(), () -> otherHearer.poll(others.far()));
    assertEquals(LaneFailure.Kind.PEER_LOST, far.down.getFirst().kind());
    assertTrue(far.settled > 0, "its endpoint was told");
    assertEquals(List.of(), otherHearer.down);
  }

  @Test
  void shouldEndTheProbeWhenTheConnectionIsClosed() throws Exception {
    assertEquals("the connection was closed", probeOfSilence((channel, thread) -> channel.close()));
  }

  @Test
  void shouldEndTheProbeWhenItsThreadIsInterrupted() throws Exception {
    assertEquals(
        "the connecting thread was interrupted",
        probeOfSilence((channel, thread) -> thread.interrupt()));
  }

  /** What happens to a probe that nobody answers. */
  private interface Disturbance {
    void disturb(SocketChannel channel, Thread thread) throws IOException;
  }

  private String probeOfSilence(Disturbance disturbance) throws Exception {
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      SocketChannel channel = SocketChannel.open(server.getLocalAddress());
      var lanes = pair.join(channel, server.accept());
      var said = new CompletableFuture<String>();
      long deadline = System.nanoTime() + LanePair.PATIENCE.toNanos();
      Thread thread =
          Thread.ofPlatform()
              .start(() -> said.complete(String.valueOf(lanes.near().probe(deadline))));
      assertThrows(TimeoutException.class, () -> said.get(200, TimeUnit.MILLISECONDS));
      disturbance.disturb(channel, thread);
      return said.get(LanePair.PATIENCE.toSeconds() / 2, TimeUnit.SECONDS);
    }
  }

  /** Whoever connects has the reason, and TCP. */
  @Test
  void shouldSayThatALaneWouldTakeTooMuchMemory() throws IOException {
    try (SocketChannel channel = SocketChannel.open()) {
      RdmaPath path = pair.near.path();
      var failure =
          assertThrows(
              IllegalArgumentException.class,
              () -> RdmaLane.create(path, channel, 1 << 18, LanePair.DEPTH));
      assertTrue(failure.getMessage().contains("too many for one piece"), failure.getMessage());
    }
  }
}
