package io.verbena.collective;

import io.verbena.collective.Call.Shape;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Turns what users call into what is to be done. */
abstract class Calls<T, X extends Exception> implements Collectives<T, X> {
  private static final Call BARRIER =
      new Call(Collective.BARRIER, Elements.none(), Elements.none(), Shape.of(0), 0, null);

  final Group group;

  Calls(Group group) {
    this.group = group;
  }

  /** Does it, or says how it can be done. */
  abstract T submit(Call call) throws X;

  @Override
  public T barrier() throws X {
    return submit(BARRIER);
  }

  @Override
  public T broadcast(Elements data, int root) throws X {
    boolean isRoot = isRoot(root);
    requireNoMark(data, "data");
    return submit(
        new Call(
            Collective.BROADCAST,
            isRoot ? data : Elements.none(),
            isRoot ? Elements.none() : data,
            Shape.of(data.count()),
            root,
            null));
  }

  @Override
  public T reduce(Elements mine, Elements result, Reduction reduction, int root) throws X {
    if (isRoot(root)) {
      return vectors(Collective.REDUCE, mine, result, reduction, root);
    }
    requireNoMark(mine, "mine");
    requireNone(result, "result");
    return submit(
        new Call(Collective.REDUCE, mine, result, Shape.of(mine.count()), root, named(reduction)));
  }

  @Override
  public T allReduce(Elements mine, Elements result, Reduction reduction) throws X {
    return vectors(Collective.ALL_REDUCE, mine, result, reduction, 0);
  }

  @Override
  public T scan(Elements mine, Elements result, Reduction reduction) throws X {
    return vectors(Collective.SCAN, mine, result, reduction, 0);
  }

  @Override
  public T exclusiveScan(Elements mine, Elements result, Reduction reduction) throws X {
    return vectors(Collective.EXCLUSIVE_SCAN, mine, result, reduction, 0);
  }

  private T vectors(
      Collective collective, Elements mine, Elements result, Reduction reduction, int root)
      throws X {
    requireNoMark(result, "result");
    if (!mine.isInPlace()) {
      requireSame(mine, result, "mine", "result");
      requireCount(mine, "mine", result.count());
    }
    return submit(
        new Call(collective, mine, result, Shape.of(result.count()), root, named(reduction)));
  }

  @Override
  public T gather(Elements mine, Elements all, int root) throws X {
    long count = isRoot(root) ? share(all, "all") : mine.count();
    return gather(mine, all, Shape.of(count), root);
  }

  @Override
  public T gather(Elements mine, Elements all, Blocks blocks, int root) throws X {
    return gather(mine, all, Shape.of(checked(blocks, "blocks")), root);
  }

  private T gather(Elements mine, Elements all, Shape shape, int root) throws X {
    if (isRoot(root)) {
      requireRoom(all, "all", shape.blocks(group.size()));
      if (!mine.isInPlace()) {
        requireSame(mine, all, "mine", "all");
      }
    } else {
      requireNoMark(mine, "mine");
      requireNone(all, "all");
    }
    if (!mine.isInPlace()) {
      requireCount(mine, "mine", shape.blocks(group.size()).length(group.rank()));
    }
    return submit(new Call(Collective.GATHER, mine, all, shape, root, null));
  }

  @Override
  public T scatter(Elements all, Elements mine, int root) throws X {
    long count = isRoot(root) ? share(all, "all") : mine.count();
    return scatter(all, mine, Shape.of(count), root);
  }

  @Override
  public T scatter(Elements all, Elements mine, Blocks blocks, int root) throws X {
    return scatter(all, mine, Shape.of(checked(blocks, "blocks")), root);
  }

  private T scatter(Elements all, Elements mine, Shape shape, int root) throws X {
    if (isRoot(root)) {
      requireRoom(all, "all", shape.blocks(group.size()));
      if (!mine.isInPlace()) {
        requireSame(all, mine, "all", "mine");
      }
    } else {
      requireNoMark(mine, "mine");
      requireNone(all, "all");
    }
    if (!mine.isInPlace()) {
      requireCount(mine, "mine", shape.blocks(group.size()).length(group.rank()));
    }
    return submit(new Call(Collective.SCATTER, all, mine, shape, root, null));
  }

  @Override
  public T allGather(Elements mine, Elements all) throws X {
    return allGather(mine, all, Shape.of(share(all, "all")));
  }

  @Override
  public T allGather(Elements mine, Elements all, Blocks blocks) throws X {
    return allGather(mine, all, Shape.of(checked(blocks, "blocks")));
  }

  private T allGather(Elements mine, Elements all, Shape shape) throws X {
    requireRoom(all, "all", shape.blocks(group.size()));
    if (!mine.isInPlace()) {
      requireSame(mine, all, "mine", "all");
      requireCount(mine, "mine", shape.blocks(group.size()).length(group.rank()));
    }
    return submit(new Call(Collective.ALL_GATHER, mine, all, shape, 0, null));
  }

  @Override
  public T allToAll(Elements mine, Elements theirs) throws X {
    Shape shape = Shape.of(share(theirs, "theirs"));
    if (!mine.isInPlace()) {
      requireSame(mine, theirs, "mine", "theirs");
      requireCount(mine, "mine", theirs.count());
    }
    return submit(new Call(Collective.ALL_TO_ALL, mine, theirs, shape, 0, null));
  }

  @Override
  public T allToAll(Elements mine, Blocks blocks, Elements theirs, Blocks arrivals) throws X {
    requireRoom(theirs, "theirs", checked(arrivals, "arrivals"));
    checked(blocks, "blocks");
    if (mine.isInPlace()) {
      requireRoom(theirs, "theirs", blocks);
    } else {
      requireSame(mine, theirs, "mine", "theirs");
      requireRoom(mine, "mine", blocks);
    }
    if (blocks.length(group.rank()) != arrivals.length(group.rank())) {
      throw new IllegalArgumentException(
          "this rank's block for itself has %d elements in blocks, %d in arrivals"
              .formatted(blocks.length(group.rank()), arrivals.length(group.rank())));
    }
    return submit(
        new Call(Collective.ALL_TO_ALL, mine, theirs, Shape.of(blocks, arrivals), 0, null));
  }

  @Override
  public T reduceScatter(Elements mine, Elements block, Reduction reduction) throws X {
    long count = mine.isInPlace() ? share(block, "block") : share(mine, "mine");
    return reduceScatter(mine, block, Shape.of(count), reduction);
  }

  @Override
  public T reduceScatter(Elements mine, Elements block, Blocks blocks, Reduction reduction)
      throws X {
    if (!checked(blocks, "blocks").isPacked()) {
      throw new IllegalArgumentException("blocks must follow each other without gaps: " + blocks);
    }
    return reduceScatter(mine, block, Shape.of(blocks), reduction);
  }

  private T reduceScatter(Elements mine, Elements block, Shape shape, Reduction reduction)
      throws X {
    requireNoMark(block, "block");
    Blocks blocks = shape.blocks(group.size());
    if (mine.isInPlace()) {
      requireRoom(block, "block", blocks);
    } else {
      requireSame(mine, block, "mine", "block");
      requireRoom(mine, "mine", blocks);
      requireCount(block, "block", blocks.length(group.rank()));
    }
    return submit(new Call(Collective.REDUCE_SCATTER, mine, block, shape, 0, named(reduction)));
  }

  private boolean isRoot(int root) {
    if (root < 0 || root >= group.size()) {
      throw new IllegalArgumentException(
          "root is %d: ranks are 0 to %d".formatted(root, group.size() - 1));
    }
    return root == group.rank();
  }

  private static Reduction named(@Nullable Reduction reduction) {
    return Objects.requireNonNull(reduction, "reduction");
  }

  private Blocks checked(Blocks blocks, String name) {
    if (Objects.requireNonNull(blocks, name).parts() != group.size()) {
      throw new IllegalArgumentException(
          "%s: %d blocks for %d ranks".formatted(name, blocks.parts(), group.size()));
    }
    return blocks;
  }

  /** How many elements each rank has of what all have. */
  private long share(Elements all, String name) {
    requireNoMark(all, name);
    if (all.count() % group.size() != 0) {
      throw new IllegalArgumentException(
          "%s: %d elements cannot be shared evenly by %d ranks"
              .formatted(name, all.count(), group.size()));
    }
    return all.count() / group.size();
  }

  private static void requireNoMark(Elements elements, String name) {
    if (Objects.requireNonNull(elements, name).isMark()) {
      throw new IllegalArgumentException(name + ": elements of its own are needed here");
    }
  }

  private static void requireNone(Elements elements, String name) {
    if (!Objects.requireNonNull(elements, name).isMark() || elements.isInPlace()) {
      throw new IllegalArgumentException(
          name + " means nothing at this rank, which is not the root: Elements.none() says so");
    }
  }

  private static void requireSame(Elements one, Elements other, String name, String otherName) {
    requireNoMark(one, name);
    requireNoMark(other, otherName);
    if (!one.layout().equals(other.layout())) {
      throw new IllegalArgumentException(
          "%s has elements of %s, %s of %s"
              .formatted(name, one.layout(), otherName, other.layout()));
    }
  }

  private static void requireCount(Elements elements, String name, long count) {
    if (elements.count() != count) {
      throw new IllegalArgumentException(
          "%s has %d elements, and %d are needed".formatted(name, elements.count(), count));
    }
  }

  private static void requireRoom(Elements elements, String name, Blocks blocks) {
    requireNoMark(elements, name);
    if (elements.count() < blocks.extent()) {
      throw new IllegalArgumentException(
          "%s has %d elements, and the blocks end at %d"
              .formatted(name, elements.count(), blocks.extent()));
    }
  }
}
