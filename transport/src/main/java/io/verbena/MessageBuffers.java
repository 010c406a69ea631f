package io.verbena;

import io.netty.buffer.ByteBuf;
import io.verbena.lane.rdma.RdmaAdapter;
import io.verbena.lane.rdma.RdmaAdapters;
import io.verbena.memory.BufferPoolConfig;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.OutOfRegisteredMemoryException;
import io.verbena.memory.RegisteredByteBufAllocator;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The buffers of a transport's messages: an allocator for each adapter, which takes little memory
 * before it is used. A message that lies in another one's is copied.
 */
final class MessageBuffers implements AutoCloseable {
  private final RegisteredByteBufAllocator usual;
  private final Map<RdmaAdapter, RegisteredByteBufAllocator> ofAdapters = new LinkedHashMap<>();

  MessageBuffers(@Nullable RdmaAdapters adapters) {
    if (adapters == null) {
      usual = RegisteredByteBufAllocator.readableByPeers(null, BufferPoolConfig.defaults());
      return;
    }
    for (RdmaAdapter each : adapters.all()) {
      var buffers =
          RegisteredByteBufAllocator.readableByPeers(each.domain(), BufferPoolConfig.defaults());
      each.hub().useBuffers(buffers);
      ofAdapters.put(each, buffers);
    }
    usual = ofAdapters.values().iterator().next();
  }

  /**
   * Those of an adapter's lanes.
   *
   * @param adapter the adapter; null for those of the best one, if there is one
   */
  RegisteredByteBufAllocator of(@Nullable RdmaAdapter adapter) {
    return adapter == null ? usual : ofAdapters.getOrDefault(adapter, usual);
  }

  /**
   * Why buffers cannot be where the adapters reach them, or null: long messages are pulled into
   * such buffers, so without any there is no use for RDMA.
   *
   * @param memory where to ask once more, for the words of the refusal
   */
  @Nullable String refusal(MemoryDomain memory) {
    for (RegisteredByteBufAllocator each : ofAdapters.values()) {
      try {
        ByteBuf one = each.directBuffer(1);
        boolean isReachable = each.regionOf(one) != null;
        one.release();
        if (!isReachable) {
          memory.allocate(BufferPoolConfig.defaults().firstSlabBytes()).close();
          return "the adapter has refused to register buffers";
        }
      } catch (IOException | OutOfRegisteredMemoryException e) {
        return String.valueOf(e.getMessage());
      }
    }
    return null;
  }

  /** How many buffers were copied because they are not of the lane's allocator. */
  long copies() {
    long sum = 0;
    for (RegisteredByteBufAllocator each : ofAdapters.values()) {
      sum += each.metrics().copies();
    }
    return sum;
  }

  /** How many bytes they had. */
  long copiedBytes() {
    long sum = 0;
    for (RegisteredByteBufAllocator each : ofAdapters.values()) {
      sum += each.metrics().copiedBytes();
    }
    return sum;
  }

  @Override
  public void close() {
    usual.close();
    // The usual one among them: closing it again does nothing.
    ofAdapters.values().forEach(RegisteredByteBufAllocator::close);
  }
}
