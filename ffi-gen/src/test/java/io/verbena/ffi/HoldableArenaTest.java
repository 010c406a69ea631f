package io.verbena.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HoldableArenaTest {
  /** So much that nothing else lands there by accident. */
  private static final long BYTES = 64 << 20;

  @Test
  void shouldStayOpenUntilTheLastHoldIsClosed() {
    HoldableArena arena = HoldableArena.open();
    MemorySegment memory = arena.allocate(64, 8);
    ArenaHold one = ArenaHold.of(memory);
    ArenaHold two = ArenaHold.of(memory.asSlice(8, 8));
    assertThrows(IllegalStateException.class, arena::close);
    one.close();
    one.close();
    assertThrows(IllegalStateException.class, arena::close, "closing a hold twice counts once");
    memory.set(ValueLayout.JAVA_LONG, 0, 1);
    two.close();
    arena.close();
    assertFalse(memory.scope().isAlive());
    assertThrows(IllegalStateException.class, arena::close);
  }

  @Test
  void shouldNeedNoThreadUnlikeAnArenaOfJava() {
    try (HoldableArena arena = HoldableArena.open();
        Arena shared = Arena.ofShared()) {
      ArenaHold counted = ArenaHold.of(arena.allocate(8, 8));
      assertInstanceOf(HoldableArena.Hold.class, counted);
      assertEquals(0, holders());
      ArenaHold parked = ArenaHold.of(shared.allocate(8, 8));
      assertEquals(1, holders());
      parked.close();
      assertEquals(0, holders());
      counted.close();
    }
  }

  private static long holders() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("verbena-arena-hold"))
        .count();
  }

  @Test
  void shouldNotBeHeldOnceItIsClosed() {
    HoldableArena arena = HoldableArena.open();
    MemorySegment memory = arena.allocate(8, 8);
    arena.close();
    assertThrows(IllegalStateException.class, () -> ArenaHold.of(memory));
  }

  @Test
  void shouldCloseWithTheLastHoldIfTold() {
    HoldableArena arena = HoldableArena.open();
    MemorySegment memory = arena.allocate(8, 8);
    ArenaHold one = ArenaHold.of(memory);
    ArenaHold two = ArenaHold.of(memory);
    arena.closeWhenFree();
    arena.closeWhenFree();
    one.close();
    assertTrue(memory.scope().isAlive());
    assertThrows(IllegalStateException.class, () -> ArenaHold.of(memory), "it is leaving");
    two.close();
    assertFalse(memory.scope().isAlive());
    arena.closeWhenFree();

    HoldableArena free = HoldableArena.open();
    free.closeWhenFree();
    assertFalse(free.scope().isAlive());
  }

  @Test
  void shouldCloseSoonAfterTheLastNativeCallIfTold() throws InterruptedException {
    HoldableArena arena = HoldableArena.open();
    MemorySegment memory = arena.allocate(8, 8);
    ArenaHold hold = ArenaHold.of(memory);
    // It is in a native call.
    ArenaHold call = ParkedHold.of(memory);
    hold.close();
    assertThrows(IllegalStateException.class, arena::close);
    arena.closeWhenFree();
    Thread.sleep(50);
    assertTrue(memory.scope().isAlive());
    call.close();
    while (memory.scope().isAlive()) {
      Thread.sleep(5);
    }
  }

  @Test
  void shouldKeepTheAddressesOfWhatWasMappedUntilTheLastHoldIsClosed() throws IOException {
    HoldableArena arena = HoldableArena.open();
    MemorySegment memory = MappedMemory.map(BYTES, 0, arena);
    memory.fill((byte) 1);
    ArenaHold one = ArenaHold.of(memory);
    ArenaHold two = ArenaHold.of(memory);
    arena.closeWhenFree();
    assertTrue(one.vacate());
    assertTrue(one.vacate(), "once more is the same");
    assertTrue(memory.scope().isAlive(), "there is another hold");
    assertEquals("rw-p", permissions(memory));
    assertTrue(two.vacate());
    assertFalse(memory.scope().isAlive());
    assertEquals("---p", permissions(memory), "the memory is gone, the addresses are not free");
    one.close();
    one.close();
    assertFalse(one.vacate());
    assertEquals("---p", permissions(memory));
    two.close();
    assertNotEquals("---p", permissions(memory));
  }

  @Test
  void shouldMapNothingAtAddressesThatAreKept() {
    List<MemorySegment> all = new ArrayList<>();
    List<ArenaHold> kept = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      HoldableArena arena = HoldableArena.open();
      MemorySegment memory = MappedMemory.map(BYTES, 0, arena);
      for (MemorySegment other : all) {
        assertTrue(Math.abs(other.address() - memory.address()) >= BYTES);
      }
      all.add(memory);
      ArenaHold hold = ArenaHold.of(memory);
      hold.vacate();
      kept.add(hold);
      arena.close();
      assertThrows(IllegalStateException.class, () -> memory.get(ValueLayout.JAVA_BYTE, 0));
    }
    kept.forEach(ArenaHold::close);
  }

  @Test
  void shouldKeepNoAddressesForWhoHasLetGoBefore() throws IOException {
    HoldableArena arena = HoldableArena.open();
    MemorySegment memory = MappedMemory.map(BYTES, 0, arena);
    ArenaHold hold = ArenaHold.of(memory);
    hold.vacate();
    hold.close();
    assertEquals("rw-p", permissions(memory));
    arena.close();
    assertNotEquals("---p", permissions(memory));
    try (Arena shared = Arena.ofShared()) {
      assertFalse(ParkedHold.of(shared.allocate(8, 8)).vacate(), "not our memory");
    }
  }

  /** Addresses that may be another's by now are nothing to unmap later. */
  @Test
  @Timeout(200)
  void shouldLeaveAddressesAloneThatTheSystemRefusesToKeep() throws Exception {
    assumeTrue(
        Integer.parseInt(Files.readString(Path.of("/proc/sys/vm/max_map_count")).strip()) <= 66_000,
        "a process may have more mappings here than the test makes");
    var result =
        ChildProcess.java(
            List.of(
                "-XX:+UseSerialGC",
                "-Xint",
                "-Xms64m",
                "-Xmx64m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path")),
            RefusedAddressesProgram.class,
            Map.of());
    assertEquals(0, result.status(), result::errors);
    assertEquals(
        """
        alone in its mapping: false
        closed: true
        kept: true
        left alone: false
        and now without mappings
        alone in its mapping: false
        closed: true
        kept: false
        left alone: true
        """,
        result.output(),
        result::errors);
    assertTrue(result.errors().contains("the memory is lost"), result::errors);
  }

  /** What the system says of the mapping that all of the memory is in; empty if there is none. */
  private static String permissions(MemorySegment memory) throws IOException {
    long end = memory.address() + memory.byteSize();
    for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
      int dash = line.indexOf('-');
      int space = line.indexOf(' ');
      if (Long.parseUnsignedLong(line, 0, dash, 16) <= memory.address()
          && Long.parseUnsignedLong(line, dash + 1, space, 16) >= end) {
        return line.substring(space + 1, space + 5);
      }
    }
    return "";
  }

  @Test
  void shouldEitherHoldOrCloseWhenBothAreTriedAtOnce() throws InterruptedException {
    var held = new AtomicInteger();
    var refusedOpen = new AtomicInteger();
    int closed = 0;
    for (int i = 0; i < 2000; i++) {
      HoldableArena arena = HoldableArena.open();
      MemorySegment memory = arena.allocate(8, 8);
      Thread holder =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      ArenaHold hold = ArenaHold.of(memory);
                      memory.set(ValueLayout.JAVA_LONG, 0, 1);
                      held.incrementAndGet();
                      hold.close();
                    } catch (IllegalStateException e) {
                      if (memory.scope().isAlive()) {
                        refusedOpen.incrementAndGet();
                      }
                    }
                  });
      try {
        arena.close();
        closed++;
      } catch (IllegalStateException e) {
        assertTrue(memory.scope().isAlive());
      }
      holder.join();
      if (memory.scope().isAlive()) {
        arena.close();
      }
    }
    assertEquals(0, refusedOpen.get(), "refused, but not closed");
    assertTrue(closed > 0);
    assertTrue(held.get() > 0, "holding came first now and then");
  }
}
