package io.verbena.collective;

import java.util.function.Consumer;

/**
 * The blocks that pass a rank in a binomial gather or scatter: those of its part of the tree, which
 * are consecutive when ranks are counted from the root. Between the root and its children they go
 * in as few messages as their places in the root's vector allow, everywhere else in one.
 */
final class Subtree {
  final Tree tree;

  private final Request request;
  private final Blocks blocks;
  private final int self;

  Subtree(Request request) {
    this.request = request;
    this.blocks = request.blocks();
    this.self = request.fromRoot();
    this.tree = Tree.binomial(request.ranks(), request.root(), request.rank());
  }

  boolean keepsPacked() {
    return tree.hasParent() && !tree.isLeaf();
  }

  long length() {
    return length(self, Tree.reach(request.ranks(), self));
  }

  private long length(int from, int count) {
    return blocks.around(rankAt(from), count);
  }

  private int rankAt(int fromRoot) {
    return (int) (((long) fromRoot + request.root()) % request.ranks());
  }

  /** The blocks of a child: at the root in its vector, elsewhere behind those before them. */
  void ofChild(int child, Span packed, Span rootsVector, Consumer<Span> each) {
    int first = self + (1 << child);
    int count = Tree.reach(request.ranks(), first);
    if (self == 0) {
      pieces(first, count, rootsVector, each);
    } else {
      each.accept(packed.part(length(self, 1 << child), length(first, count)));
    }
  }

  /** The blocks of this rank, packed, in the messages in which its parent has them. */
  void toParent(Span packed, Consumer<Span> each) {
    int count = Tree.reach(request.ranks(), self);
    if (request.root() != tree.parent()) {
      each.accept(packed);
      return;
    }
    long[] at = {0};
    Span anything = Area.OUTPUT.at(0, blocks.extent());
    pieces(
        self,
        count,
        anything,
        piece -> {
          each.accept(packed.part(at[0], piece.length()));
          at[0] += piece.length();
        });
  }

  private void pieces(int from, int count, Span vector, Consumer<Span> each) {
    int first = rankAt(from);
    int end = Math.min(first + count, request.ranks());
    blocks.pieces(vector, first, end, each);
    blocks.pieces(vector, 0, count - (end - first), each);
  }
}
