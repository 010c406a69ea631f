package io.verbena.memory;

import static io.verbena.Misuse.nothing;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.IllegalReferenceCountException;
import io.verbena.Misuse;
import io.verbena.verbs.ProtectionDomain;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** Bad input to memory of all kinds: the documented exception, and everything goes on. */
@Timeout(60)
class MemoryMisuseTest extends SmallAllocator {
  private static final Class<NullPointerException> MISSING = NullPointerException.class;
  private static final Class<IllegalArgumentException> WRONG = IllegalArgumentException.class;
  private static final Class<IndexOutOfBoundsException> OUTSIDE = IndexOutOfBoundsException.class;
  private static final Class<IllegalStateException> CLOSED = IllegalStateException.class;

  /** Nothing is in use, what was copied is registered, and memory can be had. */
  private void requireAllocator() {
    assertEquals(0, allocator.usedBytes());
    var ranges = new BufferRanges(1);
    ByteBuf copy = allocator.register(Unpooled.directBuffer(8).writeLong(7), ranges);
    assertTrue(allocator.owns(copy));
    assertEquals(7, copy.readLong());
    assertTrue(copy.release());
    assertEquals(0, allocator.usedBytes());
  }

  /** Released just now: soon it is somebody else's. */
  private ByteBuf gone() {
    ByteBuf buffer = allocator.directBuffer(8).writeLong(1);
    buffer.release();
    return buffer;
  }

  private ByteBuf goneSlice() {
    ByteBuf slice = allocator.directBuffer(8).writeLong(1).slice();
    slice.release();
    return slice;
  }

  @TestFactory
  Stream<DynamicTest> shouldRefuseBadInputToTheAllocator() {
    var ranges = new BufferRanges(1);
    ByteBuf foreign = Unpooled.directBuffer(8).writeLong(1);
    ByteBuf goneForeign = Unpooled.directBuffer(8).writeLong(1);
    goneForeign.release();
    var released = IllegalReferenceCountException.class;
    return Misuse.tests(
        List.of(
            Misuse.of("no domain", MISSING, () -> new RegisteredByteBufAllocator(nothing())),
            Misuse.of(
                "no configuration",
                MISSING,
                () -> new RegisteredByteBufAllocator(domain, nothing())),
            Misuse.of(
                "no configuration for peers",
                MISSING,
                () -> RegisteredByteBufAllocator.readableByPeers(null, nothing())),
            Misuse.of("a negative size", WRONG, () -> allocator.directBuffer(-1)),
            Misuse.of("the least size", WRONG, () -> allocator.directBuffer(Integer.MIN_VALUE)),
            Misuse.of("a negative heap size", WRONG, () -> allocator.heapBuffer(-1)),
            Misuse.of("more than the most", WRONG, () -> allocator.directBuffer(9, 8)),
            Misuse.of(
                "more than the ceiling",
                OutOfRegisteredMemoryException.class,
                () -> allocator.directBuffer(16 * SLAB + 1)),
            Misuse.of(
                "more than any slab",
                OutOfRegisteredMemoryException.class,
                () -> allocator.directBuffer(Integer.MAX_VALUE)),
            Misuse.of("the region of nothing", MISSING, () -> allocator.regionOf(nothing())),
            Misuse.of(
                "the region of nothing somewhere",
                MISSING,
                () -> allocator.regionOf(nothing(), Misuse.<ProtectionDomain>nothing())),
            Misuse.of("own nothing", MISSING, () -> allocator.owns(nothing())),
            Misuse.of("locate nothing", MISSING, () -> allocator.locate(nothing(), ranges)),
            Misuse.of("locate to nowhere", MISSING, () -> allocator.locate(foreign, nothing())),
            Misuse.of("register nothing", MISSING, () -> allocator.register(nothing(), ranges)),
            Misuse.of("register to nowhere", MISSING, () -> allocator.register(foreign, nothing())),
            Misuse.of("locate what is released", released, () -> allocator.locate(gone(), ranges)),
            Misuse.of(
                "locate a released slice", released, () -> allocator.locate(goneSlice(), ranges)),
            Misuse.of(
                "register what is released", released, () -> allocator.register(gone(), ranges)),
            Misuse.of(
                "register a released foreign buffer",
                released,
                () -> allocator.register(goneForeign, ranges)),
            Misuse.of("release once more", released, () -> gone().release()),
            Misuse.of("no room for ranges", WRONG, () -> new BufferRanges(0)),
            Misuse.of("negative room for ranges", WRONG, () -> new BufferRanges(-1)),
            Misuse.of("a range that is not there", OUTSIDE, () -> new BufferRanges(1).address(0)),
            Misuse.of("a negative range", OUTSIDE, () -> ranges.length(-1))),
        () -> {
          assertEquals(1, foreign.refCnt(), "what was not taken stays the caller's");
          requireAllocator();
        });
  }

  /** Two allocators of one domain do not take each other's buffers for their own. */
  @Test
  void shouldOwnWhatIsInItsMemoryAndNothingElse() {
    ByteBuf buffer = allocator.directBuffer(8).writeLong(1);
    try (var other = new RegisteredByteBufAllocator(domain)) {
      assertFalse(other.owns(buffer));
      assertNull(other.regionOf(buffer));
      assertFalse(other.locate(buffer, new BufferRanges(1)));
      ByteBuf copy = other.register(buffer.retain(), new BufferRanges(1));
      assertTrue(other.owns(copy));
      assertEquals(1, copy.readLong());
      copy.release();
    }
    assertEquals(1, buffer.refCnt());
    buffer.release();
  }

  @TestFactory
  Stream<DynamicTest> shouldRefuseAllocatingAfterClose() {
    var closed = new RegisteredByteBufAllocator(domain);
    ByteBuf kept = closed.directBuffer(8).writeLong(5);
    ByteBuf foreign = Unpooled.directBuffer(8).writeLong(1);
    closed.close();
    return Misuse.tests(
        List.of(
            Misuse.of("a small buffer", CLOSED, () -> closed.directBuffer(8)),
            Misuse.of("a big buffer", CLOSED, () -> closed.directBuffer(5 * SLAB)),
            Misuse.of("a buffer of no bytes that grows", CLOSED, () -> closed.directBuffer(0, 64)),
            Misuse.of("room for more", CLOSED, () -> kept.capacity(1 << 20)),
            Misuse.of("a copy", CLOSED, () -> closed.register(foreign, new BufferRanges(1)))),
        () -> {
          closed.close();
          assertEquals(0, closed.trim());
          assertEquals(5, kept.getLong(0), "what is in use stays valid");
          assertTrue(closed.owns(kept));
          assertEquals(1, foreign.refCnt());
          assertTrue(closed.usedBytes() >= kept.capacity());
          requireAllocator();
        });
  }

  @TestFactory
  Stream<DynamicTest> shouldRefuseBadInputToADomainAndItsMemory() throws IOException {
    RegisteredMemory memory = domain.allocate(64);
    RemoteMemory granted = memory.grant(RemoteAccess.READ);
    return Misuse.tests(
        List.of(
            Misuse.of("nothing", WRONG, () -> domain.allocate(0)),
            Misuse.of("less than nothing", WRONG, () -> domain.allocate(-1)),
            Misuse.of("the least", WRONG, () -> domain.allocate(Long.MIN_VALUE)),
            Misuse.of("the most", IOException.class, () -> domain.allocate(Long.MAX_VALUE)),
            Misuse.of("no pages", MISSING, () -> domain.allocate(1, Misuse.<PageKind>nothing())),
            Misuse.of(
                "no configuration",
                MISSING,
                () -> domain.allocate(1, Misuse.<MemoryConfig>nothing())),
            Misuse.of("no protection domain", WRONG, MemoryDomain::across),
            Misuse.of("a missing domain", MISSING, () -> MemoryDomain.across(nothing(), nothing())),
            Misuse.of("own nothing", MISSING, () -> domain.owns(nothing())),
            Misuse.of("no right", WRONG, memory::grant),
            Misuse.of("no right over TCP", WRONG, memory::grantByHandle),
            Misuse.of(
                "a missing right", MISSING, () -> memory.grant(Misuse.<RemoteAccess>nothing())),
            Misuse.of(
                "a domain that is not there",
                WRONG,
                () -> memory.grant(Misuse.<ProtectionDomain>nothing(), RemoteAccess.READ)),
            Misuse.of("revoke nothing", MISSING, () -> memory.revoke(nothing()))),
        () -> {
          memory.segment().fill((byte) 3);
          long access = domain.beginAccess();
          assertNotNull(resolve(granted, granted.address(), 64, RemoteAccess.READ));
          assertNull(resolve(granted, granted.address(), 64, RemoteAccess.WRITE));
          assertNull(resolve(granted, granted.address(), 65, RemoteAccess.READ));
          assertNull(resolve(granted, granted.address(), -1, RemoteAccess.READ));
          assertNull(resolve(granted, granted.address(), Long.MAX_VALUE, RemoteAccess.READ));
          assertNull(resolve(granted, granted.address() - 1, 1, RemoteAccess.READ));
          assertNull(resolve(granted, Long.MIN_VALUE, 64, RemoteAccess.READ));
          assertNull(resolve(granted, granted.address() + Long.MAX_VALUE, 8, RemoteAccess.READ));
          domain.endAccess(access);
          var unknown =
              new RemoteMemory(granted.address(), 64, granted.key(), granted.handle() + 1);
          assertFalse(memory.revoke(unknown));
          RemoteMemory another = memory.grant(RemoteAccess.WRITE);
          assertTrue(memory.revoke(another.slice(8, 8)), "a slice is the same grant");
          assertFalse(memory.revoke(another));
          requireAllocator();
        });
  }

  private Object resolve(RemoteMemory granted, long address, long length, RemoteAccess right) {
    return domain.resolve(granted.handle(), address, length, right);
  }

  @Test
  void shouldHaveNoGrantInForceAfterClose() throws IOException {
    RegisteredMemory memory = domain.allocate(64);
    RemoteMemory granted = memory.grant(RemoteAccess.READ);
    memory.close();
    assertFalse(memory.revoke(granted));
    assertNull(resolve(granted, granted.address(), 8, RemoteAccess.READ));
    memory.close();
    assertEquals(64, memory.length());
    requireAllocator();
  }

  @TestFactory
  Stream<DynamicTest> shouldRefuseBadRangesOfRemoteMemory() {
    var remote = new RemoteMemory(4096, 64, 1, 2);
    ByteBuf narrow = Unpooled.buffer(8, RemoteMemory.ENCODED_BYTES - 1);
    ByteBuf gone = Unpooled.buffer(64);
    gone.release();
    return Misuse.tests(
        List.of(
            Misuse.of("a negative offset", OUTSIDE, () -> remote.slice(-1, 1)),
            Misuse.of("a negative length", OUTSIDE, () -> remote.slice(0, -1)),
            Misuse.of("a sum that overflows", OUTSIDE, () -> remote.slice(1, Long.MAX_VALUE)),
            Misuse.of("an offset behind it", OUTSIDE, () -> remote.slice(65, 0)),
            Misuse.of("the last offset", OUTSIDE, () -> remote.checkRange(Long.MAX_VALUE, 1)),
            Misuse.of("write to nothing", MISSING, () -> remote.writeTo(nothing())),
            Misuse.of("write to a buffer without room", OUTSIDE, () -> remote.writeTo(narrow)),
            Misuse.of(
                "write to what is released",
                IllegalReferenceCountException.class,
                () -> remote.writeTo(gone)),
            Misuse.of("read from nothing", MISSING, () -> RemoteMemory.readFrom(nothing()))),
        () -> {
          assertEquals(0, narrow.writerIndex(), "nothing is written");
          assertEquals(4104, remote.slice(8, 8).slice(0, 8).address());
          assertEquals(0, remote.slice(64, 0).length());
        });
  }
}
