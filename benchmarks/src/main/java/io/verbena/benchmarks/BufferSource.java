package io.verbena.benchmarks;

import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.RegisteredByteBufAllocator;

/** The allocators that are compared, each as its makers configure it. */
public enum BufferSource {
  /** Registered slabs; here without an adapter. */
  OURS {
    @Override
    Open open() {
      var domain = new MemoryDomain(null);
      var allocator = new RegisteredByteBufAllocator(domain);
      return new Open(
          allocator,
          () -> {
            allocator.close();
            domain.close();
          });
    }
  },
  /** Netty's allocator after jemalloc. */
  POOLED {
    @Override
    Open open() {
      return new Open(new PooledByteBufAllocator(true), () -> {});
    }
  },
  /** Netty's default since 4.2. */
  ADAPTIVE {
    @Override
    Open open() {
      return new Open(new AdaptiveByteBufAllocator(true), () -> {});
    }
  };

  /** Before anything is open. */
  static final Open NONE = new Open(UnpooledByteBufAllocator.DEFAULT, () -> {});

  /** An allocator and how it ends. */
  record Open(ByteBufAllocator allocator, Runnable end) {
    void close() {
      end.run();
    }
  }

  abstract Open open();
}
