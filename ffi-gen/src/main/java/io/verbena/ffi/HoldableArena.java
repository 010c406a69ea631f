package io.verbena.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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

  private final Arena arena;
  private int holds;

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
    if (!arena.scope().isAlive()) {
      throw new IllegalStateException("the arena is closed");
    }
    holds++;
    return new Hold(this);
  }

  private synchronized void letGo() {
    holds--;
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

  static final class Hold implements ArenaHold {
    private final HoldableArena arena;
    private boolean over;

    private Hold(HoldableArena arena) {
      this.arena = arena;
    }

    @Override
    public synchronized void close() {
      if (!over) {
        over = true;
        arena.letGo();
      }
    }
  }
}
