package io.verbena.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Keeps an arena from being closed: its {@code close()} throws {@code IllegalStateException} as
 * long as there is a hold, and so the memory stays where a device writes to. Any number of holds
 * may be on one arena; they may be made and closed by any thread.
 *
 * <p>A {@link HoldableArena} counts its holds. A shared arena of Java's costs a parked thread for
 * each. Memory of {@link Arena#global}, of {@link Arena#ofAuto} and of a direct buffer cannot be
 * closed and needs no hold: it is enough to keep the segment reachable. A confined arena cannot be
 * held from another thread.
 */
public sealed interface ArenaHold extends AutoCloseable permits HoldableArena.Hold, ParkedHold {
  /**
   * Whether memory is of an arena that only one thread can use and close.
   *
   * @param memory native memory
   * @return true if {@link #of} would refuse it
   */
  static boolean isConfined(MemorySegment memory) {
    Thread stranger = Thread.ofPlatform().unstarted(() -> {});
    return !memory.isAccessibleBy(stranger);
  }

  /**
   * Holds the arena that memory is of.
   *
   * @param memory native memory, not of a confined arena
   * @return the hold; null if that arena can never be closed
   * @throws IllegalStateException if the arena is closed already
   * @throws WrongThreadException if it is a confined arena
   */
  static @Nullable ArenaHold of(MemorySegment memory) {
    // The name tells an automatic arena, and a direct buffer that was not made of a segment; if it
    // ever changes, those are held for nothing.
    String scope = memory.scope().getClass().getSimpleName();
    if (memory.scope().equals(Arena.global().scope())
        || scope.equals("ImplicitSession")
        || scope.equals("HeapSession")) {
      return null;
    }
    HoldableArena holdable = HoldableArena.find(memory.scope());
    return holdable == null ? ParkedHold.of(memory) : holdable.hold();
  }

  /**
   * Lets go of the memory, but not of its addresses where they can be kept: what a {@link
   * HoldableArena} has {@link MappedMemory mapped} is given back with the arena, and nothing else
   * is mapped there before {@link #close}.
   *
   * @return whether {@link #close} is still to be called
   */
  boolean vacate();

  /** Lets go: when this returns, the arena can be closed as far as this hold is concerned. */
  @Override
  void close();
}
