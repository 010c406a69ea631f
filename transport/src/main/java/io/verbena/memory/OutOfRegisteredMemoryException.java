package io.verbena.memory;

import org.jspecify.annotations.Nullable;

/**
 * A {@link RegisteredByteBufAllocator} has not the memory for a buffer: its ceiling is reached, or
 * the system or the adapter refused to register more. The allocator stays usable: release buffers
 * and try again, or raise the limit that the message names.
 */
public final class OutOfRegisteredMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final long requestedBytes;
  private final long registeredBytes;
  private final long usedBytes;
  private final long ceilingBytes;

  OutOfRegisteredMemoryException(
      long requestedBytes,
      long registeredBytes,
      long usedBytes,
      long ceilingBytes,
      @Nullable Exception cause) {
    super(
        "no memory for a buffer of %d bytes: %d of %d registered bytes are in use, and %s"
            .formatted(
                requestedBytes,
                usedBytes,
                registeredBytes,
                reason(requestedBytes, ceilingBytes, cause)),
        cause);
    this.requestedBytes = requestedBytes;
    this.registeredBytes = registeredBytes;
    this.usedBytes = usedBytes;
    this.ceilingBytes = ceilingBytes;
  }

  private static String reason(long requestedBytes, long ceilingBytes, @Nullable Exception cause) {
    if (requestedBytes > Slab.LARGEST) {
      return "no buffer can be longer than %d: divide it".formatted(Slab.LARGEST);
    }
    return cause == null
        ? "no more than %d may be registered: release buffers, or raise ceilingBytes of the BufferPoolConfig"
            .formatted(ceilingBytes)
        : "no more can be registered: " + cause.getMessage();
  }

  /**
   * What was asked for.
   *
   * @return bytes
   */
  public long requestedBytes() {
    return requestedBytes;
  }

  /**
   * What the allocator had registered.
   *
   * @return bytes
   */
  public long registeredBytes() {
    return registeredBytes;
  }

  /**
   * How much of that was in use.
   *
   * @return bytes
   */
  public long usedBytes() {
    return usedBytes;
  }

  /**
   * What the allocator may register.
   *
   * @return bytes
   */
  public long ceilingBytes() {
    return ceilingBytes;
  }
}
