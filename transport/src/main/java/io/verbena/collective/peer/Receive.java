package io.verbena.collective.peer;

import java.nio.ByteBuffer;

/** A message to be received. */
public final class Receive extends Transfer {
  /** As the peer: whoever sends. */
  public static final int ANY_PEER = -1;

  /** As the tag: whichever it has. */
  public static final long ANY_TAG = Long.MIN_VALUE;

  /** Counts receives, so that a message finds the one that was started first. */
  long ticket;

  long received;

  /** Whether a message that is shorter fails it, too: the owner's choice, while it is idle. */
  public boolean exact;

  /** A receive that tells its owner when it has ended. */
  public Receive(Owner owner) {
    super(owner);
  }

  boolean takes(long messageContext, long messageTag) {
    return context == messageContext && (tag == messageTag || tag == ANY_TAG);
  }

  boolean fits(long messageLength) {
    return exact ? messageLength == length : messageLength <= length;
  }

  /** Takes a part of a message, which fits. */
  void put(ByteBuffer content) {
    int bytes = content.remaining();
    if (bytes > 0) {
      region.view(offset + received, bytes).put(content);
      received += bytes;
    }
  }
}
