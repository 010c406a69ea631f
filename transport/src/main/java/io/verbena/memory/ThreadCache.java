package io.verbena.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The free buffers that one thread keeps for itself: two magazines for each size class, so that a
 * thread at the border between them does not go to the {@link Depot} for every buffer.
 *
 * <p>The owner takes no lock and does no atomic instruction. It marks the cache {@code busy}
 * <em>and then</em> looks whether it is {@code revoked}. Who wants the buffers of all threads
 * ({@link ThreadCaches#drain}) sets {@code revoked}, <em>then</em> takes all threads through a
 * handshake, <em>then</em> waits until none is busy: what makes that right is explained at {@code
 * io.verbena.verbs.UseGuard}, which works in the same way. An owner that slept meanwhile sees what
 * was done to its cache because it reads {@code revoked} with acquire.
 *
 * <p>A cache that stayed busy would keep others waiting for ever. In code that is not compiled yet
 * the accesses are calls, and each can end with a {@link StackOverflowError}: whatever is thrown,
 * the cache is idle afterwards. That is written to the field without a call, which cannot overflow.
 */
final class ThreadCache {
  private static final VarHandle BUSY;
  private static final VarHandle REVOKED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      BUSY = lookup.findVarHandle(ThreadCache.class, "busy", boolean.class);
      REVOKED = lookup.findVarHandle(ThreadCache.class, "revoked", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Of the thread that owns it. */
  final long ownerId;

  /** By the owner. */
  final CopyCount copied = new CopyCount();

  private final @Nullable WeakReference<Thread> owner;
  private final Magazine[] loaded = new Magazine[SizeClasses.COUNT];
  private final Magazine[] previous = new Magazine[SizeClasses.COUNT];

  /** Through BUSY; volatile for the case that something is thrown. */
  private volatile boolean busy;

  @SuppressWarnings("unused") // through REVOKED
  private boolean revoked;

  /**
   * @param owner whose cache this is; null if many threads use it, one at a time
   */
  ThreadCache(@Nullable Thread owner) {
    this.ownerId = owner == null ? 0 : owner.threadId();
    this.owner = owner == null ? null : new WeakReference<>(owner);
    Arrays.fill(loaded, Magazine.NONE);
    Arrays.fill(previous, Magazine.NONE);
  }

  boolean isShared() {
    return owner == null;
  }

  boolean isOrphan() {
    if (owner == null) {
      return false;
    }
    Thread thread = owner.get();
    return thread == null || !thread.isAlive();
  }

  /** By the owner: null if nothing is at hand, or the cache is revoked. */
  @Nullable RegisteredByteBuf take(int sizeClass) {
    RegisteredByteBuf buffer = null;
    try {
      BUSY.setOpaque(this, true);
      if (!(boolean) REVOKED.getAcquire(this)) {
        buffer = loaded[sizeClass].take();
      }
      BUSY.setRelease(this, false);
    } catch (Throwable e) {
      busy = false;
      throw e;
    }
    return buffer;
  }

  /** By the owner: false if there is no room, or the cache is revoked. */
  boolean give(int sizeClass, RegisteredByteBuf buffer) {
    boolean given = false;
    try {
      BUSY.setOpaque(this, true);
      if (!(boolean) REVOKED.getAcquire(this)) {
        given = loaded[sizeClass].give(buffer);
      }
      BUSY.setRelease(this, false);
    } catch (Throwable e) {
      busy = false;
      throw e;
    }
    return given;
  }

  /** By the owner: makes the other magazine the first one. */
  void swap(int sizeClass) {
    try {
      BUSY.setOpaque(this, true);
      if (!(boolean) REVOKED.getAcquire(this)) {
        Magazine first = loaded[sizeClass];
        loaded[sizeClass] = previous[sizeClass];
        previous[sizeClass] = first;
      }
      BUSY.setRelease(this, false);
    } catch (Throwable e) {
      busy = false;
      throw e;
    }
  }

  /** By the owner: puts a magazine first; what comes back is not this cache's any more. */
  Magazine load(int sizeClass, Magazine magazine) {
    Magazine out = magazine;
    try {
      BUSY.setOpaque(this, true);
      if (!(boolean) REVOKED.getAcquire(this)) {
        out = previous[sizeClass];
        previous[sizeClass] = loaded[sizeClass];
        loaded[sizeClass] = magazine;
      }
      BUSY.setRelease(this, false);
    } catch (Throwable e) {
      busy = false;
      throw e;
    }
    return out;
  }

  /** By the owner: drops the references that a buffer which was taken may have left here. */
  void forget(int sizeClass, RegisteredByteBuf buffer) {
    try {
      BUSY.setOpaque(this, true);
      if (!(boolean) REVOKED.getAcquire(this)) {
        loaded[sizeClass].forget(buffer);
        previous[sizeClass].forget(buffer);
      }
      BUSY.setRelease(this, false);
    } catch (Throwable e) {
      busy = false;
      throw e;
    }
  }

  /** By the owner: the reference that a buffer which was taken just now has left. Cheaper. */
  void forgetTop(int sizeClass, RegisteredByteBuf buffer) {
    try {
      BUSY.setOpaque(this, true);
      if (!(boolean) REVOKED.getAcquire(this)) {
        loaded[sizeClass].forgetTop(buffer);
      }
      BUSY.setRelease(this, false);
    } catch (Throwable e) {
      busy = false;
      throw e;
    }
  }

  boolean isRevoked() {
    return (boolean) REVOKED.getAcquire(this);
  }

  void revoke() {
    REVOKED.setVolatile(this, true);
  }

  void restore() {
    REVOKED.setRelease(this, false);
  }

  boolean isBusy() {
    return (boolean) BUSY.getVolatile(this);
  }

  /** Takes the two magazines of a class away; the cache is revoked and idle, or an orphan's. */
  Magazine unload(int sizeClass, boolean first) {
    Magazine[] magazines = first ? loaded : previous;
    Magazine magazine = magazines[sizeClass];
    magazines[sizeClass] = Magazine.NONE;
    return magazine;
  }

  /** How many bytes lie here; while the owner works it is a guess. */
  long cachedBytes() {
    long bytes = 0;
    for (int i = 0; i < SizeClasses.COUNT; i++) {
      bytes += (long) (loaded[i].count() + previous[i].count()) * SizeClasses.bytes(i);
    }
    return bytes;
  }
}
