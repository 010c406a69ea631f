package io.verbena.verbs;

import io.verbena.ffi.ArenaHold;
import io.verbena.ffi.HoldableArena;
import org.jspecify.annotations.Nullable;

/**
 * Memory that the device has through one region, or through several: given back when it has it
 * through none, see {@link RetiredAddresses}. With the lock.
 */
final class PinnedMemory {
  /** Frees the memory, if it is the region's own. */
  private final @Nullable HoldableArena arena;

  /** Keeps the memory, unless it is of an arena that nobody can close. */
  private final @Nullable ArenaHold hold;

  private int registrations;

  PinnedMemory(@Nullable HoldableArena arena, @Nullable ArenaHold hold) {
    this.arena = arena;
    this.hold = hold;
  }

  void registered() {
    registrations++;
  }

  void deregistered(RetiredAddresses addresses) {
    registrations--;
    if (registrations > 0) {
      return;
    }
    if (hold != null) {
      addresses.add(hold);
    }
    if (arena != null) {
      arena.closeWhenFree();
    }
  }
}
