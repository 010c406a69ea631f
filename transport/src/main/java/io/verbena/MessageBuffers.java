package io.verbena;

import io.verbena.lane.rdma.RdmaAdapter;
import io.verbena.lane.rdma.RdmaAdapters;
import io.verbena.memory.BufferPoolConfig;
import io.verbena.memory.RegisteredByteBufAllocator;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The buffers of a transport's messages: an allocator for each adapter, which takes no memory
 * before it is used. A message that lies in another one's is copied.
 */
final class MessageBuffers implements AutoCloseable {
  private final BufferPoolConfig config;

  /** In memory that no adapter reaches; those of the transport as long as none is in use. */
  private final RegisteredByteBufAllocator plain;

  private final Map<RdmaAdapter, RegisteredByteBufAllocator> ofAdapters = new ConcurrentHashMap<>();
  private volatile RegisteredByteBufAllocator usual;

  /** Those of a transport without an adapter. */
  MessageBuffers(BufferPoolConfig config) {
    this.config = config;
    plain = RegisteredByteBufAllocator.readableByPeers(null, config);
    usual = plain;
  }

  /**
   * Those of adapters. The first one that cannot reach any is left out, and so on; the others are
   * asked when their first lane comes, so that those that nobody uses lock no memory.
   */
  MessageBuffers(BufferPoolConfig config, RdmaAdapters adapters) {
    this(config);
    try {
      for (RdmaAdapter each : adapters.all()) {
        if (ofAdapters.isEmpty()) {
          addIfReached(each, adapters);
        } else {
          add(each);
        }
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private void addIfReached(RdmaAdapter adapter, RdmaAdapters adapters) {
    RegisteredByteBufAllocator buffers = add(adapter);
    try {
      adapter.requireBuffers();
    } catch (IOException e) {
      ofAdapters.remove(adapter);
      usual = plain;
      buffers.close();
      adapters.leaveOut(adapter, String.valueOf(e.getMessage()));
    }
  }

  /** Those of one more adapter. */
  RegisteredByteBufAllocator add(RdmaAdapter adapter) {
    RegisteredByteBufAllocator buffers =
        RegisteredByteBufAllocator.readableByPeers(adapter.domain(), config);
    adapter.hub().useBuffers(buffers);
    if (ofAdapters.isEmpty()) {
      usual = buffers;
    }
    ofAdapters.put(adapter, buffers);
    return buffers;
  }

  /**
   * Those of an adapter's lanes.
   *
   * @param adapter the adapter; null for those of the best one, if there is one
   */
  RegisteredByteBufAllocator of(@Nullable RdmaAdapter adapter) {
    return adapter == null ? usual : ofAdapters.getOrDefault(adapter, usual);
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
    plain.close();
    ofAdapters.values().forEach(RegisteredByteBufAllocator::close);
  }
}
