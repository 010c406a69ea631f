package io.verbena.collective;

import java.lang.foreign.MemoryLayout;
import org.jspecify.annotations.Nullable;

/**
 * What a user asks one rank to do; the arguments make sense, each for itself.
 *
 * @param input what is read, or a mark: in place, or none
 * @param output what is written, or a mark: in place if what is read would be, or none
 */
record Call(
    Collective collective,
    Elements input,
    Elements output,
    Shape shape,
    int root,
    @Nullable Reduction reduction) {

  Call {
    output.requireWritable("what the result is for");
  }

  /** As in a {@link Request}. */
  record Shape(long count, @Nullable Blocks given, @Nullable Blocks arrivals) {
    static Shape of(long count) {
      return new Shape(count, null, null);
    }

    static Shape of(Blocks blocks) {
      return of(blocks, blocks);
    }

    static Shape of(Blocks blocks, Blocks arrivals) {
      return new Shape(0, blocks, arrivals);
    }

    Blocks blocks(int ranks) {
      return given == null ? Blocks.equal(ranks, count) : given;
    }
  }

  boolean isInPlace() {
    return input.isInPlace() || output.isInPlace();
  }

  /** Of an element. */
  MemoryLayout layout() {
    return (output.isMark() ? input : output).layout();
  }

  /** In bytes. */
  int elementBytes() {
    return Math.toIntExact(layout().byteSize());
  }

  Demand demand(int ranks, boolean fixedExpression) {
    boolean isCommutative = reduction == null || reduction.isCommutative();
    return new Demand(
        collective, ranks, bytes(ranks), isCommutative, shape.given == null, fixedExpression);
  }

  /** As the choice table counts them. */
  private long bytes(int ranks) {
    long elements =
        switch (collective) {
          case ALL_GATHER, REDUCE_SCATTER -> shape.blocks(ranks).total();
          default -> shape.count;
        };
    return elements * elementBytes();
  }

  Request request(Choice choice, Group group) {
    return new Request(
        choice.algorithm(),
        group.size(),
        group.rank(),
        root,
        shape.count,
        choice.segment(Math.max(1, elementBytes())),
        isInPlace(),
        shape.given,
        shape.arrivals);
  }

  @Override
  public String toString() {
    return collective.label();
  }
}
