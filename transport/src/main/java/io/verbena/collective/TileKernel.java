package io.verbena.collective;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Reduces piece by piece in heap arrays, the loops over which the JVM's compiler vectorises by
 * itself. Memory of every kind will do: copying sets the byte order right on the way.
 *
 * @param <A> the array type
 */
final class TileKernel<A> implements Kernel {
  /**
   * A loop over arrays.
   *
   * @param <A> the array type
   */
  @FunctionalInterface
  interface Loop<A> {
    /** Sets the first elements of the left array to the reduction of both arrays' elements. */
    void reduce(A left, A right, int count);
  }

  private final ValueLayout layout;
  private final Tiles<A> tiles;
  private final Loop<A> loop;

  /**
   * A kernel of one loop.
   *
   * @param layout of an element, without alignment
   */
  TileKernel(ValueLayout layout, Tiles<A> tiles, Loop<A> loop) {
    this.layout = layout;
    this.tiles = tiles;
    this.loop = loop;
  }

  @Override
  public void reduce(
      MemorySegment left,
      long leftOffset,
      MemorySegment right,
      long rightOffset,
      MemorySegment target,
      long targetOffset,
      long elements) {
    Tiles.Tile<A> tile = tiles.take();
    A a = tile.left();
    A b = tile.right();
    long size = layout.byteSize();
    long done = 0;
    while (done < elements) {
      int count = (int) Math.min(tiles.length, elements - done);
      long at = done * size;
      MemorySegment.copy(left, layout, leftOffset + at, a, 0, count);
      MemorySegment.copy(right, layout, rightOffset + at, b, 0, count);
      loop.reduce(a, b, count);
      MemorySegment.copy(a, 0, target, layout, targetOffset + at, count);
      done += count;
    }
    // After an exception the tile is left to the collector.
    tiles.giveBack(tile);
  }
}
