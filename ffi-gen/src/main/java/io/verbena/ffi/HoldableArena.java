package io.verbena.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A shared arena that counts who holds it, see {@link ArenaHold}: for memory of our own, of which
 * there may be many pieces, registered with several devices each. Nobody but this class can close
 * the arena of Java's that is inside, so counting is enough and no thread is needed.
 *
 * <p>Thread-safe.
 */
public final class HoldableArena implements Arena {
  /** Open ones: segments do not know their arena, only its scope. */
  private static final Map<MemorySegment.Scope, HoldableArena> BY_SCOPE = new ConcurrentHashMap<>();

  private static final long PAUSE_MILLIS = 10;
  private static final long LONGEST_PAUSE_MILLIS = 1000;

  private final Arena arena;
  private int holds;

  /** To be closed when nothing holds it. */
  private boolean leaving;

  /** Holds that have let go of the memory, but not of its addresses. */
  private int keepers;

  /** What was mapped here and is given back, but for its addresses. */
  private final List<MemorySegment> vacant = new ArrayList<>();

  private HoldableArena(Arena arena) {
    this.arena = arena;
  }

  /**
   * Opens an arena.
   *
   * @return an arena to close after use
   */
  @SuppressWarnings("MustBeClosedChecker") // close() does
  public static HoldableArena open() {
    var opened = new HoldableArena(Arena.ofShared());
    BY_SCOPE.put(opened.scope(), opened);
    return opened;
  }

  /** The open arena of a scope; null if it is of Java's arenas, or closed. */
  static @Nullable HoldableArena find(MemorySegment.Scope scope) {
    return BY_SCOPE.get(scope);
  }

  synchronized ArenaHold hold() {
    if (leaving || !arena.scope().isAlive()) {
      throw new IllegalStateException("the arena is closed");
    }
    holds++;
    return new Hold(this);
  }

  private synchronized void letGo() {
    holds--;
    if (leaving) {
      leave();
    }
  }

  private synchronized void keepAddresses() {
    keepers++;
    letGo();
  }

  private synchronized void giveUpAddresses() {
    keepers--;
    if (keepers == 0) {
      vacant.forEach(MappedMemory::unmap);
      vacant.clear();
    }
  }

  /** The arena is closed: called for each piece of memory that was mapped in it. */
  synchronized void unmap(MemorySegment memory) {
    if (keepers == 0) {
      MappedMemory.unmap(memory);
    } else if (MappedMemory.vacate(memory)) {
      vacant.add(memory);
    }
  }

  @Override
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    return arena.allocate(byteSize, byteAlignment);
  }

  @Override
  public MemorySegment.Scope scope() {
    return arena.scope();
  }

  /**
   * Frees the memory.
   *
   * @throws IllegalStateException if there is a hold, a native call is using the memory, or it is
   *     freed already: nothing is done
   */
  @Override
  public synchronized void close() {
    if (holds > 0) {
      throw new IllegalStateException("the arena is held " + holds + " times");
    }
    arena.close();
    BY_SCOPE.remove(scope());
  }

  /**
   * Frees the memory as soon as there is no hold and no native call uses it: now, or with the last
   * of them. There will be no new hold. Does nothing if the memory is freed already.
   */
  public synchronized void closeWhenFree() {
    if (!leaving) {
      leaving = true;
      leave();
    }
  }

  private void leave() {
    if (holds == 0 && !closesNow()) {
      Thread.ofVirtual().name("verbena-free").start(this::closeLater);
    }
  }

  /** Whether the arena is closed, now or before. */
  private synchronized boolean closesNow() {
    if (!arena.scope().isAlive()) {
      return true;
    }
    try {
      close();
      return true;
    } catch (IllegalStateException e) {
      // A system call of another thread (reading a file into the memory, say) is using it: Java
      // refuses to free it until the call is over, and does not say when that is.
      return false;
    }
  }

  private void closeLater() {
    long pause = PAUSE_MILLIS;
    do {
      try {
        Thread.sleep(pause);
      } catch (InterruptedException e) {
        // Nobody knows this thread.
      }
      pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
    } while (!closesNow());
  }

  static final class Hold implements ArenaHold {
    private final HoldableArena arena;
    private boolean vacated;
    private boolean over;

    private Hold(HoldableArena arena) {
      this.arena = arena;
    }

    @Override
    public synchronized boolean vacate() {
      if (!over && !vacated) {
        vacated = true;
        arena.keepAddresses();
      }
      return !over;
    }

    @Override
    public synchronized void close() {
      if (over) {
        return;
      }
      over = true;
      if (vacated) {
        arena.giveUpAddresses();
      } else {
        arena.letGo();
      }
    }
  }
}
