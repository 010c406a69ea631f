package io.verbena.verbs;

import io.verbena.ffi.ArenaHold;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * Memory that the device has through one region, or through several: given back when it has it
 * through none. With the lock.
 */
final class PinnedMemory {
  /** Frees the memory, if it is the region's own. */
  private final @Nullable Arena arena;

  /** Keeps the memory, if it is the caller's and he could free it. */
  private final @Nullable ArenaHold hold;

  private int registrations;

  PinnedMemory(@Nullable Arena arena, @Nullable ArenaHold hold) {
    this.arena = arena;
    this.hold = hold;
  }

  void registered() {
    registrations++;
  }

  void deregistered() {
    registrations--;
    if (registrations > 0) {
      return;
    }
    if (arena != null) {
      free(arena);
    }
    if (hold != null) {
      hold.close();
    }
  }

  private static void free(Arena memory) {
    try {
      memory.close();
    } catch (IllegalStateException e) {
      // A system call of another thread (reading a file into the memory, say) is using it: Java
      // refuses to free it until the call is over, and so does this.
      Thread.ofVirtual().name("verbena-free").start(() -> freeLater(memory));
    }
  }

  private static void freeLater(Arena memory) {
    while (memory.scope().isAlive()) {
      try {
        Thread.sleep(10);
        memory.close();
      } catch (IllegalStateException e) {
        // Still in use.
      } catch (InterruptedException e) {
        return;
      }
    }
  }
}
