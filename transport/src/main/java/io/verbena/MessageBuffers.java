package io.verbena;

import io.verbena.lane.rdma.RdmaAdapter;
import io.verbena.lane.rdma.RdmaAdapters;
import io.verbena.memory.BufferPoolConfig;
import io.verbena.memory.RegisteredByteBufAllocator;
import io.verbena.verbs.ProtectionDomain;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The buffers of a transport's messages: an allocator for each adapter, which takes no memory
 * before it is used. A message that lies in another one's is copied.
 */
final class MessageBuffers implements AutoCloseable {
  private final BufferPoolConfig config;
  private final RegisteredByteBufAllocator usual;
  private final Map<RdmaAdapter, RegisteredByteBufAllocator> ofAdapters = new LinkedHashMap<>();

  /** Those of a transport without an adapter. */
  MessageBuffers(BufferPoolConfig config) {
    this.config = config;
    usual = buffersOf(null);
  }

  /**
   * Those of adapters. The first one that cannot reach any is left out, and so on; the others are
   * asked when their first lane comes, so that those that nobody uses lock no memory.
   *
   * @throws IOException if none is left; its message is the reason
   */
  MessageBuffers(BufferPoolConfig config, RdmaAdapters adapters) throws IOException {
    this.config = config;
    boolean ready = false;
    try {
      open(adapters);
      ready = true;
    } finally {
      if (!ready) {
        ofAdapters.values().forEach(RegisteredByteBufAllocator::close);
      }
    }
    usual = ofAdapters.values().iterator().next();
  }

  private void open(RdmaAdapters adapters) throws IOException {
    for (RdmaAdapter each : adapters.all()) {
      RegisteredByteBufAllocator buffers = buffersOf(each.domain());
      each.hub().useBuffers(buffers);
      boolean first = ofAdapters.isEmpty();
      // Before anything can fail: what is in here is closed, whatever happens.
      ofAdapters.put(each, buffers);
      try {
        if (first) {
          each.requireBuffers();
        }
      } catch (IOException e) {
        ofAdapters.remove(each);
        buffers.close();
        adapters.leaveOut(each, String.valueOf(e.getMessage()));
      }
    }
    if (ofAdapters.isEmpty()) {
      throw new IOException(adapters.whyNone());
    }
  }

  private RegisteredByteBufAllocator buffersOf(@Nullable ProtectionDomain domain) {
    return RegisteredByteBufAllocator.readableByPeers(domain, config);
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
    usual.close();
    // The usual one among them: closing it again does nothing.
    ofAdapters.values().forEach(RegisteredByteBufAllocator::close);
  }
}
