package io.verbena.ffi;

import io.verbena.ffi.libc.LibC;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Takes all mappings that a process may have (vm.max_map_count), and then gives memory back that
 * lies in the midst of another mapping: to keep its addresses the system would have to divide that,
 * and refuses. What is left for the JVM is not for long: a process of its own.
 */
final class RefusedAddressesProgram {
  private static final long BYTES = 64 << 20;
  private static final int NEIGHBOURS = 8;
  private static final int PAGE = 4096;

  /** As many as the default allows, and some more; each second page is one. */
  private static final int MOST_MAPPINGS = 70_000;

  private RefusedAddressesProgram() {}

  public static void main(String... args) throws IOException {
    // All that follows is loaded now: later there may be no memory for it.
    System.getLogger(MappedMemory.class.getName())
        .log(System.Logger.Level.WARNING, "a warning of {0} and {1}", "this", "that");
    run(false);
    System.out.println("and now without mappings");
    run(true);
  }

  private static void run(boolean exhausted) throws IOException {
    HoldableArena arena = HoldableArena.open();
    MemorySegment[] pieces = new MemorySegment[NEIGHBOURS];
    for (int i = 0; i < NEIGHBOURS; i++) {
      pieces[i] = MappedMemory.map(BYTES, 0, arena);
    }
    HoldableArena middleArena = HoldableArena.open();
    MemorySegment middle = MappedMemory.map(BYTES, 0, middleArena);
    HoldableArena otherArena = HoldableArena.open();
    for (int i = 0; i < NEIGHBOURS; i++) {
      MappedMemory.map(BYTES, 0, otherArena);
    }
    ArenaHold hold = ArenaHold.of(middle);
    System.out.println("alone in its mapping: " + mapping(middle).startsWith(start(middle)));
    MemorySegment filling = exhausted ? fill() : MemorySegment.NULL;
    middleArena.closeWhenFree();
    hold.vacate();
    if (exhausted) {
      LibC.munmap(filling, (long) MOST_MAPPINGS * PAGE);
    }
    System.out.println("closed: " + !middle.scope().isAlive());
    System.out.println("kept: " + mapping(middle).contains(" ---p "));
    hold.close();
    System.out.println("left alone: " + !mapping(middle).isEmpty());
    pieces[0].set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
    arena.close();
    otherArena.close();
  }

  /** Each second page can be read, so that no two beside each other are one mapping. */
  private static MemorySegment fill() {
    MemorySegment all = map(MemorySegment.NULL, (long) MOST_MAPPINGS * PAGE, LibC.PROT_NONE(), 0);
    for (int i = 0; i < MOST_MAPPINGS; i += 2) {
      MemorySegment page = MemorySegment.ofAddress(all.address() + (long) i * PAGE);
      if (map(page, PAGE, LibC.PROT_READ(), LibC.MAP_FIXED()).equals(LibC.MAP_FAILED())) {
        return all;
      }
    }
    throw new IllegalStateException("this system allows more than " + MOST_MAPPINGS + " mappings");
  }

  private static MemorySegment map(MemorySegment at, long bytes, int access, int flags) {
    return LibC.mmap(at, bytes, access, LibC.MAP_PRIVATE() | LibC.MAP_ANONYMOUS() | flags, -1, 0);
  }

  private static String start(MemorySegment memory) {
    return Long.toHexString(memory.address()) + "-";
  }

  /** The line of the mapping that all of the memory is in; empty if there is none. */
  private static String mapping(MemorySegment memory) throws IOException {
    long end = memory.address() + memory.byteSize();
    for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
      int dash = line.indexOf('-');
      if (Long.parseUnsignedLong(line, 0, dash, 16) <= memory.address()
          && Long.parseUnsignedLong(line, dash + 1, line.indexOf(' '), 16) >= end) {
        return line;
      }
    }
    return "";
  }
}
