package io.verbena.collective;

/**
 * The collectives of a communicator. Every rank calls them in the same order, with the same root,
 * reduction and sizes. What a rank contributes must not overlap its results; to put these in its
 * place, contribute {@link Elements#inPlace}.
 *
 * <p>Stands for chapter 6 of MPI 4.1.
 *
 * @param <T> what the caller gets: something to wait for, or to start; the communicator if the call
 *     waits itself
 * @param <X> what the call throws if it waits itself, and fails
 */
public interface Collectives<T, X extends Exception> {
  /**
   * Ends when all ranks have come to it.
   *
   * @return see above
   * @throws X if the call waits for its end, and it fails
   */
  T barrier() throws X;

  /**
   * Gives all ranks what the root has.
   *
   * @param data read at the root, written elsewhere
   * @param root the rank that has it
   * @return see above
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   * @throws X if the call waits for its end, and it fails
   */
  T broadcast(Elements data, int root) throws X;

  /**
   * Reduces the vectors of all ranks to one, element by element.
   *
   * @param mine this rank's; in place only at the root
   * @param result as long, at the root; elsewhere {@link Elements#none}
   * @param reduction how
   * @param root the rank that gets the result
   * @return see above
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   * @throws X if the call waits for its end, and it fails
   */
  T reduce(Elements mine, Elements result, Reduction reduction, int root) throws X;

  /**
   * Reduces the vectors of all ranks to one, which all get.
   *
   * @param mine this rank's, or in place
   * @param result as long
   * @param reduction how
   * @return see above
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   * @throws X if the call waits for its end, and it fails
   */
  T allReduce(Elements mine, Elements result, Reduction reduction) throws X;

  /**
   * Brings what all ranks have, as many elements each, together at the root.
   *
   * @param mine this rank's block; in place only at the root
   * @param all at the root, the blocks in the order of the ranks; elsewhere {@link Elements#none}
   * @param root the rank that gets them
   * @return see above
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   * @throws X if the call waits for its end, and it fails
   */
  T gather(Elements mine, Elements all, int root) throws X;

  /**
   * Brings what all ranks have together at the root.
   *
   * @param mine this rank's block; in place only at the root
   * @param all at the root, what the blocks are in; elsewhere {@link Elements#none}
   * @param blocks of all ranks, the same everywhere
   * @param root the rank that gets them
   * @return see above
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   * @throws X if the call waits for its end, and it fails
   */
  T gather(Elements mine, Elements all, Blocks blocks, int root) throws X;

  /**
   * Gives each rank its block, as many elements each, of what the root has.
   *
   * @param all at the root, the blocks in the order of the ranks; elsewhere {@link Elements#none}
   * @param mine this rank's block; in place only at the root
   * @param root the rank that has them
   * @return see above
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   * @throws X if the call waits for its end, and it fails
   */
  T scatter(Elements all, Elements mine, int root) throws X;

  /**
   * Gives each rank its block of what the root has.
   *
   * @param all at the root, what the blocks are in; elsewhere {@link Elements#none}
   * @param mine this rank's block; in place only at the root
   * @param blocks of all ranks, the same everywhere
   * @param root the rank that has them
   * @return see above
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   * @throws X if the call waits for its end, and it fails
   */
  T scatter(Elements all, Elements mine, Blocks blocks, int root) throws X;

  /**
   * Gives all ranks what each has, as many elements each.
   *
   * @param mine this rank's block, or in place
   * @param all the blocks in the order of the ranks
   * @return see above
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   * @throws X if the call waits for its end, and it fails
   */
  T allGather(Elements mine, Elements all) throws X;

  /**
   * Gives all ranks what each has.
   *
   * @param mine this rank's block, or in place
   * @param all what the blocks are in
   * @param blocks of all ranks, the same everywhere
   * @return see above
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   * @throws X if the call waits for its end, and it fails
   */
  T allGather(Elements mine, Elements all, Blocks blocks) throws X;

  /**
   * Gives each rank a block of each, as many elements each.
   *
   * @param mine one block for each rank, in their order, or in place
   * @param theirs one block from each rank, in their order
   * @return see above
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   * @throws X if the call waits for its end, and it fails
   */
  T allToAll(Elements mine, Elements theirs) throws X;

  /**
   * Gives each rank a block of each.
   *
   * @param mine what the blocks for each rank are in; in place if that is {@code theirs}, which
   *     then has room for both the blocks and the arrivals
   * @param blocks for each rank
   * @param theirs what the blocks from each rank are in
   * @param arrivals from each rank: as long as that rank's block for this one
   * @return see above
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   * @throws X if the call waits for its end, and it fails
   */
  T allToAll(Elements mine, Blocks blocks, Elements theirs, Blocks arrivals) throws X;

  /**
   * Reduces the vectors of all ranks to one, of which each rank gets a block, as many elements
   * each.
   *
   * @param mine this rank's whole vector, or in place
   * @param block this rank's block of the result; the whole vector if in place, where the block is
   *     at the start afterwards
   * @param reduction how
   * @return see above
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   * @throws X if the call waits for its end, and it fails
   */
  T reduceScatter(Elements mine, Elements block, Reduction reduction) throws X;

  /**
   * Reduces the vectors of all ranks to one, of which each rank gets a block.
   *
   * @param mine this rank's whole vector, or in place
   * @param block this rank's block of the result; the whole vector if in place, where the block is
   *     at the start afterwards
   * @param blocks of all ranks, the same everywhere, one behind the other
   * @param reduction how
   * @return see above
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   * @throws X if the call waits for its end, and it fails
   */
  T reduceScatter(Elements mine, Elements block, Blocks blocks, Reduction reduction) throws X;

  /**
   * Reduces, for each rank, the vectors of the ranks up to it, itself included.
   *
   * @param mine this rank's, or in place
   * @param result as long
   * @param reduction how
   * @return see above
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   * @throws X if the call waits for its end, and it fails
   */
  T scan(Elements mine, Elements result, Reduction reduction) throws X;

  /**
   * Reduces, for each rank, the vectors of the ranks before it.
   *
   * @param mine this rank's, or in place
   * @param result as long; at rank 0 it stays as it was
   * @param reduction how
   * @return see above
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   * @throws X if the call waits for its end, and it fails
   */
  T exclusiveScan(Elements mine, Elements result, Reduction reduction) throws X;
}
