package io.verbena.collective.peer;

import org.jspecify.annotations.Nullable;

/**
 * A message to be sent or received. Reusable when it has ended; {@link Peers} owns it, and its
 * memory, between {@code start} and its end. Guarded by the lock of the {@link Peers}.
 */
public abstract class Transfer {
  /** Told, with the lock, when a transfer ends. */
  @FunctionalInterface
  public interface Owner {
    /**
     * The transfer ended; it may be started again.
     *
     * @param failure why it failed, or null
     */
    void ended(Transfer transfer, @Nullable PeerFailure failure);
  }

  private final Owner owner;

  /** Free for the owner: which round of a schedule it belongs to. */
  public int round;

  int peer;
  long context;
  long tag;
  Region region = NOWHERE;
  long offset;
  long length;
  boolean active;
  @Nullable Transfer next;

  private static final Region NOWHERE = new Region(java.lang.foreign.MemorySegment.NULL);

  Transfer(Owner owner) {
    this.owner = owner;
  }

  /** Names the memory; not while it is active. */
  public final void use(Region newRegion, long newOffset, long newLength) {
    requireIdle();
    region = newRegion;
    offset = newOffset;
    length = newLength;
  }

  /** Names peer and message; not while it is active. */
  public final void address(int newPeer, long newContext, long newTag) {
    requireIdle();
    peer = newPeer;
    context = newContext;
    tag = newTag;
  }

  private void requireIdle() {
    if (active) {
      throw new IllegalStateException("the transfer is under way");
    }
  }

  /** The rank at the other end; of a receive from anybody that has ended, who it was. */
  public final int peer() {
    return peer;
  }

  /** The tag; of a receive of any that has ended, which it was. */
  public final long tag() {
    return tag;
  }

  /** Bytes to be sent, or room; of a receive that has ended what came. */
  public final long length() {
    return length;
  }

  /** Whether it was started and has not ended. */
  public final boolean isActive() {
    return active;
  }

  final void end(@Nullable PeerFailure failure) {
    active = false;
    next = null;
    owner.ended(this, failure);
  }
}
