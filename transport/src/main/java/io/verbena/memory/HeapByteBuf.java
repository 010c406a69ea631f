package io.verbena.memory;

import io.netty.buffer.UnpooledHeapByteBuf;

/**
 * Netty's heap buffer, but that what is allocated through it is ours. Not of Netty's pool: each
 * allocator would need its own, of which every thread that has asked it keeps 4 MiB as long as it
 * lives.
 */
final class HeapByteBuf extends UnpooledHeapByteBuf {
  HeapByteBuf(RegisteredByteBufAllocator allocator, int initialCapacity, int maxCapacity) {
    super(allocator, initialCapacity, maxCapacity);
  }

  private void count(int bytes) {
    ((RegisteredByteBufAllocator) alloc()).countHeap(bytes);
  }

  /** Called by the constructor above, too: there are no fields. */
  @Override
  protected byte[] allocateArray(int length) {
    byte[] array = super.allocateArray(length);
    count(length);
    return array;
  }

  @Override
  protected void freeArray(byte[] array) {
    super.freeArray(array);
    count(-array.length);
  }
}
