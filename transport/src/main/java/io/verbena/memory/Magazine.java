package io.verbena.memory;

import org.jspecify.annotations.Nullable;

/**
 * A stack of free buffers of one size class: what threads and the {@link Depot} hand each other.
 * Belongs to one thread at a time.
 *
 * <p>Taking a buffer leaves the reference to it behind, so that taking and giving back the same few
 * buffers again and again writes no references: to the garbage collector those are not free.
 */
@SuppressWarnings("ReferenceEquality") // Equal buffers have equal bytes: here each is itself.
final class Magazine {
  /** Holds nothing and takes nothing. */
  static final Magazine NONE = new Magazine(0);

  /** A thread keeps no more than this of a size class in one magazine, as far as two fit. */
  private static final int MOST_BYTES = 512 << 10;

  private static final int MOST_BUFFERS = 64;
  private static final int LEAST_BUFFERS = 4;

  private final @Nullable RegisteredByteBuf[] buffers;
  private int count;

  private Magazine(int capacity) {
    buffers = new RegisteredByteBuf[capacity];
  }

  static Magazine forClass(int sizeClass) {
    int fitting = MOST_BYTES / SizeClasses.bytes(sizeClass);
    return new Magazine(Math.clamp(fitting, LEAST_BUFFERS, MOST_BUFFERS));
  }

  /** Read by other threads too, for metrics: then it is a guess. */
  int count() {
    return count;
  }

  boolean isFull() {
    return count == buffers.length;
  }

  /** The buffer that was given last, or null. */
  @Nullable RegisteredByteBuf take() {
    int top = count - 1;
    if (top < 0) {
      return null;
    }
    count = top;
    return buffers[top];
  }

  /** False if there is no room. */
  boolean give(RegisteredByteBuf buffer) {
    int top = count;
    @Nullable RegisteredByteBuf[] stack = buffers;
    if (top >= stack.length) {
      return false;
    }
    if (stack[top] != buffer) {
      stack[top] = buffer;
    }
    count = top + 1;
    return true;
  }

  /** Drops the references to a buffer that is not in here. */
  void forget(RegisteredByteBuf buffer) {
    for (int i = count; i < buffers.length; i++) {
      if (buffers[i] == buffer) {
        buffers[i] = null;
      }
    }
  }

  /** Drops the reference that taking a buffer, just now, has left. */
  void forgetTop(RegisteredByteBuf buffer) {
    if (count < buffers.length && buffers[count] == buffer) {
      buffers[count] = null;
    }
  }

  /** Drops the references to all buffers that were taken. */
  void forgetTaken() {
    for (int i = count; i < buffers.length; i++) {
      buffers[i] = null;
    }
  }
}
