package io.verbena.collective;

import io.netty.buffer.ByteBuf;
import io.verbena.collective.peer.Peers;
import io.verbena.collective.peer.Region;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Memory that can be sent from, in the place of some that cannot. Kept for the next use. */
final class Staging {
  private static final Region NOTHING = new Region(MemorySegment.NULL);

  private final Peers peers;
  private @Nullable ByteBuf buffer;
  private @Nullable Arena arena;
  private Region memory = NOTHING;
  private @Nullable Elements staged;

  /** The elements could not be copied: their memory is closed, or their file is shorter. */
  static final class Unusable extends RuntimeException {
    private static final long serialVersionUID = 1;

    Unusable(Throwable cause) {
      super("the memory of elements cannot be used: " + cause.getMessage(), cause);
    }
  }

  Staging(Peers peers) {
    this.peers = peers;
  }

  /** Where to send the elements from: where they are, or a place for a copy. */
  Region of(Elements elements) {
    Region region = elements.region();
    staged = region == null ? elements : null;
    return region == null ? ofBytes(elements.bytes()) : region;
  }

  /** So many bytes, or more, with any content. */
  @SuppressWarnings("MustBeClosedChecker") // closed by free
  Region ofBytes(long bytes) {
    if (memory.segment().byteSize() >= bytes) {
      return memory;
    }
    free();
    if (bytes <= Integer.MAX_VALUE / 2) {
      ByteBuf taken = peers.transport().allocator().directBuffer((int) bytes, (int) bytes);
      buffer = taken;
      memory = new Region(MemorySegment.ofBuffer(taken.nioBuffer(0, (int) bytes)));
    } else {
      Arena opened = Arena.ofShared();
      arena = opened;
      memory = new Region(opened.allocate(bytes, 64));
    }
    return memory;
  }

  /** Copies the elements here, if they are not used where they are. */
  void load() {
    Elements from = staged;
    if (from != null) {
      try {
        from.copyTo(memory.segment());
        settle(from);
      } catch (RuntimeException | InternalError e) {
        throw new Unusable(e);
      }
    }
  }

  /** Copies the elements back; false if this thread may not. */
  boolean store() {
    return staged == null || store(staged.count());
  }

  /** Copies the first of the elements back; false if this thread may not. */
  boolean store(long count) {
    Elements to = staged;
    if (to != null) {
      if (!to.segment().isAccessibleBy(Thread.currentThread())) {
        return false;
      }
      try {
        to.copyFrom(memory.segment(), count);
        settle(to);
      } catch (RuntimeException | InternalError e) {
        throw new Unusable(e);
      }
    }
    return true;
  }

  /**
   * Compiled code goes on after an access to what a file does not have any more, and the error
   * comes later: at the latest when a native method returns, and so here.
   */
  private static void settle(Elements copied) {
    // Any native method would do that is one on virtual threads, too: nobody locks elements.
    if (copied.segment().isMapped() && Thread.holdsLock(copied)) {
      throw new IllegalStateException("elements are locked");
    }
  }

  void free() {
    memory = NOTHING;
    if (buffer != null) {
      buffer.release();
      buffer = null;
    }
    if (arena != null) {
      arena.close();
      arena = null;
    }
  }
}
