package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.Garbage;
import io.verbena.RdmaTest;
import io.verbena.memory.BufferRanges;
import io.verbena.memory.MemoryConfig;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.PageKind;
import io.verbena.memory.RegisteredByteBufAllocator;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import io.verbena.verbs.LoopbackPair.Done;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Memory that the right side grants, and what the left side, its peer, can do with it. */
@RdmaTest
class GrantTest {
  private static final int BYTES = 64 << 10;
  private static final int PIECE = 16;

  private LoopbackPair pair;
  private MemoryDomain memory;
  private RegisteredMemory granted;

  @BeforeEach
  void open() throws IOException {
    pair = new LoopbackPair();
    memory = new MemoryDomain(pair.domain);
    granted = memory.allocate(BYTES);
  }

  @AfterEach
  void close() {
    memory.close();
    pair.close();
  }

  private Done write(RemoteMemory remote, long offset, String text) throws VerbsException {
    LoopbackPair.put(pair.left, 0, text);
    assertTrue(
        pair.leftPair
            .sends()
            .signaled()
            .write(1, pair.left, 0, text.length(), remote.address() + offset, remote.key())
            .submit());
    return pair.leftDone();
  }

  private static String text(RegisteredMemory memory, long offset, int length) {
    return new String(
        memory.segment().asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE),
        java.nio.charset.StandardCharsets.US_ASCII);
  }

  @Test
  void shouldRefuseAGrantThatWasDeregistered() throws IOException {
    RemoteMemory remote = granted.grant(RemoteAccess.WRITE);
    assertTrue(write(remote, 100, "granted").succeeded());
    assertEquals("granted", text(granted, 100, 7));
    assertTrue(granted.revoke(remote));
    assertFalse(granted.revoke(remote));
    assertEquals(WorkStatus.REMOTE_ACCESS_ERROR, write(remote, 100, "revoked").status());
    assertEquals("granted", text(granted, 100, 7));
  }

  @Test
  void shouldKeepOtherGrantsWhenOneIsRevoked() throws IOException {
    RemoteMemory one = granted.grant(RemoteAccess.WRITE);
    RemoteMemory two = granted.grant(RemoteAccess.WRITE, RemoteAccess.READ);
    assertNotEquals(one.key(), two.key());
    assertTrue(granted.revoke(one.slice(8, 8)), "a slice is the same grant");
    assertTrue(write(two.slice(4096, 64), 8, "slice").succeeded());
    assertEquals("slice", text(granted, 4104, 5));
  }

  /**
   * Requests by themselves allocate nothing once C2 has compiled them, which takes some ten
   * thousand; the tests of an emulated guest run without C2.
   */
  @Test
  void shouldReachAllOfAGrantByOffsetsWithoutAllocating() throws IOException {
    RemoteMemory remote = granted.grant(RemoteAccess.READ, RemoteAccess.WRITE, RemoteAccess.ATOMIC);
    LoopbackPair.put(pair.left, 0, "written and read");
    int times = 64;
    long inOnePlace =
        hasOptimizer() ? 0 : Garbage.leastOfRounds(0, 10, times, () -> writeReadAndAdd(remote, 0));
    long[] next = new long[1];
    long atOffsets =
        Garbage.leastOfRounds(
            inOnePlace,
            1000,
            times,
            () -> {
              writeReadAndAdd(remote, next[0]);
              next[0] = (next[0] + PIECE) % BYTES;
            });
    assertEquals(inOnePlace, atOffsets, "bytes");
    assertEquals("written and read", LoopbackPair.get(pair.left, 1024, PIECE));
    assertEquals("ritten and read", text(granted, PIECE + 1L, PIECE - 1));

    // What is allocated is seen.
    var slices = new RemoteMemory[1];
    assertTrue(Garbage.leastOfRounds(0, 10, times, () -> slices[0] = remote.slice(8, 8)) > 0);
    assertEquals(remote.address() + 8, slices[0].address());
  }

  private static boolean hasOptimizer() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .noneMatch(argument -> argument.startsWith("-XX:TieredStopAtLevel="));
  }

  private void writeReadAndAdd(RemoteMemory remote, long offset) throws IOException {
    remote.checkRange(offset, PIECE);
    long address = remote.address() + offset;
    boolean posted =
        pair.leftPair
            .sends()
            .write(1, pair.left, 0, PIECE, address, remote.key())
            .read(2, pair.left, 1024, PIECE, address, remote.key())
            .signaled()
            .fetchAndAdd(3, pair.left, 2048, address, remote.key(), 1)
            .submit();
    Completions done = LoopbackPair.next(pair.leftQueue);
    if (!posted || !done.succeeded() || done.id() != 3) {
      throw new IOException("request " + done.id() + ": " + done.status());
    }
  }

  @Test
  void shouldRefuseAGrantWhoseWindowIsFreed() throws IOException {
    RemoteMemory remote = grantWindow(RemoteAccess.WRITE);
    assertTrue(write(remote, 100, "granted").succeeded());
    assertEquals("granted", text(granted, 100, 7));
    assertTrue(granted.revoke(remote));
    assertFalse(granted.revoke(remote));
    assertEquals(WorkStatus.REMOTE_ACCESS_ERROR, write(remote, 100, "revoked").status());
    assertEquals("granted", text(granted, 100, 7));
  }

  /** Through the right queue pair, whose peer is the left one. */
  private RemoteMemory grantWindow(RemoteAccess... rights) throws IOException {
    assumeTrue(
        pair.context.attributes().capabilities().contains(DeviceCapability.MEMORY_WINDOW_TYPE_2B)
            || pair.context
                .attributes()
                .capabilities()
                .contains(DeviceCapability.MEMORY_WINDOW_TYPE_2A),
        "the device has no memory windows of type 2");
    RemoteMemory remote = granted.grant(pair.rightPair, 7, rights);
    assertNotNull(remote);
    Done bound = pair.rightDone();
    assertEquals(7, bound.id());
    assertEquals(WorkKind.BIND_WINDOW, bound.kind());
    assertTrue(bound.succeeded(), bound::toString);
    return remote;
  }

  @Test
  void shouldGiveAWindowNoMoreRightsThanWereGranted() throws IOException {
    RemoteMemory remote = grantWindow(RemoteAccess.READ);
    LoopbackPair.put(pair.left, 0, "????");
    granted.segment().set(ValueLayout.JAVA_BYTE, 0, (byte) 'x');
    pair.leftPair.sends().signaled().read(1, pair.left, 0, 4, remote.address(), remote.key());
    pair.leftPair.sends().submit();
    assertTrue(pair.leftDone().succeeded());
    assertEquals("x\0\0\0", LoopbackPair.get(pair.left, 0, 4));
    assertEquals(WorkStatus.REMOTE_ACCESS_ERROR, write(remote, 0, "denied").status());
  }

  @Test
  void shouldLetAGrantByWindowEndWithItsQueuePairOrTheMemory() throws IOException {
    RemoteMemory remote = grantWindow(RemoteAccess.WRITE);
    RemoteMemory another = grantWindow(RemoteAccess.WRITE);
    assertNotEquals(remote.key(), another.key());
    assertTrue(granted.revoke(another));
    pair.rightPair.close();
    assertFalse(granted.revoke(remote), "it has ended with its queue pair");
    MemorySegment segment = granted.segment();
    granted.close();
    assertFalse(segment.scope().isAlive());
  }

  @Test
  void shouldNotGrantByWindowOverTcp() throws IOException {
    RemoteMemory remote = grantWindow(RemoteAccess.WRITE);
    assertNull(memory.resolve(remote.handle(), remote.address(), 8, RemoteAccess.WRITE));
    RemoteMemory registered = granted.grant(RemoteAccess.WRITE);
    assertNotNull(memory.resolve(registered.handle(), registered.address(), 8, RemoteAccess.WRITE));
  }

  @Test
  void shouldNotRevokeAGrantOfOtherMemory() throws IOException {
    RemoteMemory remote = granted.grant(RemoteAccess.WRITE);
    assertFalse(memory.allocate(BYTES).revoke(remote));
    assertTrue(write(remote, 100, "granted").succeeded());
    assertEquals("granted", text(granted, 100, 7));
  }

  @Test
  void shouldNotSpoilTheBatchWhenAGrantIsRefused() throws IOException {
    grantWindow(RemoteAccess.READ);
    pair.rightPair.sends().write(1, pair.right, 0, 8, pair.left.address(), pair.left.rkey());
    assertThrows(
        IllegalStateException.class, () -> granted.grant(pair.rightPair, 7, RemoteAccess.READ));
    assertEquals(1, pair.rightPair.sends().size(), "the batch is as it was");
    pair.rightPair.sends().clear();
    try (QueuePair unconnected =
        pair.domain.createQueuePair(
            QueuePairConfig.reliable(pair.context.createCompletionQueue(512)))) {
      assertThrows(
          IllegalStateException.class, () -> granted.grant(unconnected, 7, RemoteAccess.READ));
      assertEquals(0, unconnected.sends().size(), "nothing of the grant is left");
    }
  }

  @Test
  void shouldCloseMemoryWhileWindowsAreBoundToIt() throws IOException {
    RemoteMemory remote = grantWindow(RemoteAccess.WRITE);
    MemorySegment segment = granted.segment();
    granted.close();
    assertFalse(segment.scope().isAlive());
    assertEquals(WorkStatus.REMOTE_ACCESS_ERROR, write(remote, 0, "gone").status());
  }

  @Test
  void shouldGrantNothingWhenTheSendQueueIsFull() throws IOException {
    int posted = 0;
    while (pair.rightPair
        .sends()
        .signaled()
        .write(1, pair.right, 0, 8, pair.left.address(), pair.left.rkey())
        .submit()) {
      assertTrue(++posted <= pair.rightPair.sendDepth());
    }
    assertNull(granted.grant(pair.rightPair, 7, RemoteAccess.READ));
  }

  @Test
  void shouldHoldItsMemoryWithoutAThread() throws IOException {
    long before = threads();
    for (PageKind pages : PageKind.values()) {
      RegisteredMemory each = memory.allocate(4 << 20, pages);
      each.grant(RemoteAccess.READ);
      assertEquals(before, threads());
    }
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("verbena-arena-hold"))
        .count();
  }

  @Test
  void shouldKeepItsMemoryUntilItIsClosedWhateverHappensToTheDomain() throws IOException {
    pair.domain.close();
    assertFalse(granted.region().isOpen());
    granted.segment().fill((byte) 1);
    MemorySegment segment = granted.segment();
    granted.close();
    assertFalse(segment.scope().isAlive());
  }

  @Test
  void shouldRegisterOneMappingInTwoDomains() throws IOException {
    try (ProtectionDomain other = pair.context.createDomain();
        MemoryDomain both = MemoryDomain.across(pair.domain, other)) {
      RegisteredMemory shared =
          both.allocate(BYTES, MemoryConfig.defaults().withAlignment(1 << 20));
      assertEquals(pair.domain, shared.region().domain());
      assertEquals(other, shared.region(other).domain());
      arrivesIn(shared, other, "two domains");
      // The first one's traffic goes on, in the same bytes.
      assertTrue(write(shared.grant(RemoteAccess.WRITE), 0, "first").succeeded());
      assertEquals("firstomains", text(shared, 0, 11));
      RemoteMemory foreign = shared.grant(other, RemoteAccess.WRITE);
      assertEquals(
          WorkStatus.REMOTE_ACCESS_ERROR,
          write(foreign, 0, "wrong domain").status(),
          "a grant is for one domain");
    }
  }

  @Test
  void shouldFindTheRegionOfABufferInEachDomain() throws IOException {
    try (ProtectionDomain other = pair.context.createDomain();
        ProtectionDomain stranger = pair.context.createDomain();
        MemoryDomain both = MemoryDomain.across(pair.domain, other);
        var allocator = new RegisteredByteBufAllocator(both)) {
      ByteBuf buffer = allocator.directBuffer(100).writeZero(10).skipBytes(4);
      var ranges = new BufferRanges(1);
      assertTrue(allocator.locate(buffer, ranges));
      for (ProtectionDomain each : new ProtectionDomain[] {pair.domain, other}) {
        MemoryRegion region = allocator.regionOf(buffer, each);
        assertNotNull(region);
        assertEquals(each, region.domain());
        assertEquals(region, ranges.region(0, each));
        assertEquals(buffer.memoryAddress() + 4, region.address() + ranges.offset(0));
      }
      assertEquals(allocator.regionOf(buffer), allocator.regionOf(buffer, pair.domain));
      assertNotEquals(allocator.regionOf(buffer), allocator.regionOf(buffer, other));
      assertNull(allocator.regionOf(buffer, stranger));
      assertNull(ranges.region(0, stranger));
      buffer.release();
    }
  }

  @Test
  void shouldStayWhereItIsWhileOneOfItsDomainsUsesIt() throws IOException {
    try (ProtectionDomain other = pair.context.createDomain();
        MemoryDomain both = MemoryDomain.across(pair.domain, other)) {
      RegisteredMemory shared = both.allocate(BYTES);
      pair.leftPair.close();
      pair.rightPair.close();
      pair.domain.close();
      assertFalse(shared.region().isOpen());
      arrivesIn(shared, other, "still there");
    }
  }

  @Test
  void shouldRefuseADomainThatItDoesNotKnow() throws IOException {
    try (ProtectionDomain other = pair.context.createDomain()) {
      assertNull(granted.region(other));
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class, () -> granted.grant(other, RemoteAccess.READ));
      assertTrue(e.getMessage().contains("MemoryDomain"), e.getMessage());
      assertThrows(IllegalArgumentException.class, () -> MemoryDomain.across());
      assertThrows(IllegalArgumentException.class, () -> MemoryDomain.across(other, other));
    }
  }

  @Test
  void shouldRegisterNowhereIfOneDomainRefuses() throws IOException {
    ProtectionDomain closed = pair.context.createDomain();
    closed.close();
    try (MemoryDomain both = MemoryDomain.across(pair.domain, closed)) {
      assertThrows(IllegalStateException.class, () -> both.allocate(BYTES));
    }
    assertEquals(
        3, pair.domain.dependents(MemoryRegion.class).count(), "the pair's two, and the granted");
  }

  @Test
  void shouldRegisterOneMappingWithTwoDevices() throws IOException {
    try (SecondDevice device = SecondDevice.add();
        Context context = device.open()) {
      ProtectionDomain other = context.createDomain();
      MemoryDomain both = MemoryDomain.across(pair.domain, other);
      RegisteredMemory shared = both.allocate(BYTES);
      assertNotEquals(shared.region().domain().context(), shared.region(other).domain().context());
      arrivesIn(shared, other, "two devices");
      assertTrue(write(shared.grant(RemoteAccess.WRITE), 0, "one").succeeded());
      assertEquals("one devices", text(shared, 0, 11));
      other.close();
      shared.segment().fill((byte) 1);
      assertTrue(write(shared.grant(RemoteAccess.WRITE), 0, "alive").succeeded());
      assertEquals("alive", text(shared, 0, 5));
      both.close();
    }
  }

  /** Sends the text to a queue pair of that domain, which receives it into the memory. */
  private static void arrivesIn(RegisteredMemory shared, ProtectionDomain domain, String text)
      throws IOException {
    Context context = domain.context();
    PortChoice choice = Device.choose(PortWishes.none().withDevice(context.device().name()));
    try (CompletionQueue queue = context.createCompletionQueue(512);
        MemoryRegion source = domain.allocate(4096);
        QueuePair sender =
            domain.createQueuePair(QueuePairConfig.reliable(queue).withSendDepth(8));
        QueuePair receiver =
            domain.createQueuePair(QueuePairConfig.reliable(queue).withSendDepth(8))) {
      QueuePairAddress to = receiver.address(choice.port().number(), choice.gid().index());
      receiver.connect(sender.address(choice.port().number(), choice.gid().index()));
      sender.connect(to);
      LoopbackPair.put(source, 0, text);
      MemoryRegion target = shared.region(domain);
      assertNotNull(target);
      assertTrue(receiver.receives().receive(1, target, 0, BYTES).submit());
      assertTrue(sender.sends().signaled().send(2, source, 0, text.length()).submit());
      for (Done done : LoopbackPair.done(queue, 2)) {
        assertTrue(done.succeeded(), done::toString);
      }
      assertEquals(text, text(shared, 0, text.length()));
    }
  }
}
