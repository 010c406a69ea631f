package io.verbena.lane.rdma;

import io.netty.buffer.ByteBuf;
import io.verbena.cause.Cause;
import io.verbena.lane.LaneFailure;
import io.verbena.memory.BufferRanges;
import io.verbena.memory.OutOfRegisteredMemoryException;
import io.verbena.memory.RegisteredByteBufAllocator;
import io.verbena.verbs.MemoryRegion;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where long messages lie that one side's adapter reads out of the other's memory; for all lanes on
 * one adapter, whose lock guards it.
 */
final class MessageMemory {
  private static final Logger LOG = LoggerFactory.getLogger(MessageMemory.class);

  private static final String UNREGISTERED =
      "memory for messages could not be registered: " + Cause.LOCKED_MEMORY.cure();

  private @Nullable RegisteredByteBufAllocator buffers;
  private final BufferRanges ranges = new BufferRanges(Advertisement.MOST_PIECES);

  void use(RegisteredByteBufAllocator allocator) {
    buffers = allocator;
  }

  @Nullable RegisteredByteBufAllocator buffers() {
    return buffers;
  }

  /** A message that peers can pull, or a copy of it that they can: see {@code Lane.pullable}. */
  @Nullable ByteBuf pullable(ByteBuf message, RdmaLane lane) {
    RegisteredByteBufAllocator present = buffers;
    if (present == null) {
      return null;
    }
    if (isReachable(message)) {
      return message;
    }
    message.retain();
    boolean taken = false;
    try {
      ByteBuf copy = present.register(message, ranges);
      taken = true;
      if (isReachable(copy)) {
        return copy;
      }
      copy.release();
      lane.fail(LaneFailure.Kind.LOCAL_ACCESS, UNREGISTERED);
      return null;
    } catch (OutOfRegisteredMemoryException e) {
      LOG.debug("A message waits until there is memory for its copy", e);
      return null;
    } finally {
      if (!taken) {
        message.release();
      }
    }
  }

  /** Where a message lies; the next call of anything changes it. */
  BufferRanges piecesOf(ByteBuf message) {
    if (!isReachable(message)) {
      throw new IllegalArgumentException("the message is not in registered memory");
    }
    return ranges;
  }

  private boolean isReachable(ByteBuf message) {
    RegisteredByteBufAllocator present = buffers;
    if (present == null || !present.locate(message, ranges)) {
      return false;
    }
    // An adapter that has failed leaves a message in parts of which only some are registered.
    for (int i = 0; i < ranges.count(); i++) {
      if (ranges.region(i) == null) {
        return false;
      }
    }
    return ranges.count() > 0;
  }

  /** Where a pull may put a message; without it the lane fails. */
  @Nullable MemoryRegion regionOf(ByteBuf target, RdmaLane lane) {
    MemoryRegion region = buffers == null ? null : buffers.regionOf(target);
    if (region == null) {
      lane.fail(LaneFailure.Kind.LOCAL_ACCESS, UNREGISTERED);
    }
    return region;
  }
}
