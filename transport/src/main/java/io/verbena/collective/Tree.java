package io.verbena.collective;

/**
 * A rank's place in a tree over all ranks.
 *
 * @param parent the rank above, -1 at the root
 * @param children the ranks below; the nearest one first, whose tree is the smallest
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares trees
record Tree(int parent, int[] children) {
  /** Each rank is the parent of those 1, 2, 4... further on, as far as its own tree reaches. */
  static Tree binomial(int ranks, int root, int rank) {
    int self = Math.floorMod(rank - root, ranks);
    int reach = reach(ranks, self);
    int[] children = new int[32 - Integer.numberOfLeadingZeros(reach - 1)];
    for (int i = 0; i < children.length; i++) {
      children[i] = at(self + (1 << i), ranks, root);
    }
    return new Tree(self == 0 ? -1 : at(self & (self - 1), ranks, root), children);
  }

  /** Each rank is the parent of the next one. */
  static Tree chain(int ranks, int root, int rank) {
    int self = Math.floorMod(rank - root, ranks);
    int[] children = self == ranks - 1 ? new int[0] : new int[] {at(self + 1, ranks, root)};
    return new Tree(self == 0 ? -1 : at(self - 1, ranks, root), children);
  }

  /** How many ranks the binomial tree of a rank has, itself included; counted from the root. */
  static int reach(int ranks, int self) {
    return self == 0 ? ranks : Math.min(Integer.lowestOneBit(self), ranks - self);
  }

  private static int at(int self, int ranks, int root) {
    return (int) (((long) self + root) % ranks);
  }

  boolean hasParent() {
    return parent >= 0;
  }

  boolean isLeaf() {
    return children.length == 0;
  }
}
