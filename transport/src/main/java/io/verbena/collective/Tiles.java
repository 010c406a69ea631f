package io.verbena.collective;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntFunction;

/**
 * Pairs of short heap arrays that live on between reductions. Not one for each thread: of virtual
 * threads there are too many, and no more threads reduce at a time than there are processors.
 *
 * @param <A> an array type
 */
final class Tiles<A> {
  /** Large enough to hide what a copy costs to start, small enough for the first-level cache. */
  static final int BYTES = 2048;

  /** What an array has on the left becomes the result. */
  record Tile<A>(A left, A right) {}

  /** How many elements a tile has. */
  final int length;

  private final IntFunction<A> allocate;
  private final AtomicReferenceArray<Tile<A>> idle =
      new AtomicReferenceArray<>(Runtime.getRuntime().availableProcessors());

  /** Tiles of arrays whose elements have so many bytes. */
  Tiles(int elementBytes, IntFunction<A> allocate) {
    this.length = BYTES / elementBytes;
    this.allocate = allocate;
  }

  Tile<A> take() {
    for (int i = 0; i < idle.length(); i++) {
      Tile<A> tile = idle.getAndSet(i, null);
      if (tile != null) {
        return tile;
      }
    }
    return new Tile<>(allocate.apply(length), allocate.apply(length));
  }

  void giveBack(Tile<A> tile) {
    for (int i = 0; i < idle.length(); i++) {
      if (idle.get(i) == null && idle.compareAndSet(i, null, tile)) {
        return;
      }
    }
  }
}
