package io.verbena.memory;

import io.verbena.verbs.MemoryRegion;
import org.jspecify.annotations.Nullable;

/**
 * Part of a {@link Slab} that is divided into blocks of one size. The blocks' buffers are made when
 * they are needed first, and belong to the span while nobody else has them.
 */
final class Span {
  /** A span wastes no more than this part of itself behind its last block. */
  private static final int WASTE = 16;

  final Slab slab;

  /** The slab's: here it is one step nearer to the buffers, which are too many to have it each. */
  final @Nullable MemoryRegion region;

  /** -1 for a single block of any length. */
  final int sizeClass;

  final int offset;
  final int units;

  /** Where this span is in the heap's list of those that have something, or -1. */
  int position = -1;

  private final int blockBytes;
  private final @Nullable RegisteredByteBuf[] free;
  private int freeCount;
  private int made;

  private Span(Slab slab, int sizeClass, int offset, int units, int blockBytes) {
    this.slab = slab;
    this.region = slab.region;
    this.sizeClass = sizeClass;
    this.offset = offset;
    this.units = units;
    this.blockBytes = blockBytes;
    this.free = new RegisteredByteBuf[units * Slab.UNIT / blockBytes];
  }

  static Span ofClass(Slab slab, int sizeClass, int offset) {
    return new Span(slab, sizeClass, offset, unitsFor(sizeClass), SizeClasses.bytes(sizeClass));
  }

  static Span ofOne(Slab slab, int offset, int units) {
    return new Span(slab, -1, offset, units, units * Slab.UNIT);
  }

  static int unitsFor(int sizeClass) {
    int block = SizeClasses.bytes(sizeClass);
    int units = (block + Slab.UNIT - 1) / Slab.UNIT;
    while (units * Slab.UNIT % block > units * Slab.UNIT / WASTE) {
      units++;
    }
    return units;
  }

  int blockBytes() {
    return blockBytes;
  }

  boolean hasFree() {
    return freeCount > 0 || made < free.length;
  }

  boolean isIdle() {
    return freeCount == made;
  }

  /** A free buffer: there must be one. */
  RegisteredByteBuf take(BufferPool pool) {
    if (freeCount == 0) {
      return new RegisteredByteBuf(pool, this, offset + made++ * blockBytes);
    }
    RegisteredByteBuf buffer = free[--freeCount];
    free[freeCount] = null;
    if (buffer == null) {
      throw new AssertionError("a span's free buffers are a stack");
    }
    return buffer;
  }

  void give(RegisteredByteBuf buffer) {
    free[freeCount++] = buffer;
  }
}
