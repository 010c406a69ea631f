/**
 * MPI-like collectives between processes that were started together: {@link
 * io.verbena.collective.Communicator}.
 *
 * <p>{@code mpirun -np 4 java ...}, {@code srun --mpi=pmix -n 4 java ...} and {@code ./verbena run
 * -n 4} start the same program:
 *
 * <pre>{@code
 * try (Communicator world = Communicator.world()) {
 *   double[] sum = {world.rank()};
 *   world.allReduce(Elements.inPlace(), Elements.of(sum), Reduction.SUM);
 * }
 * }</pre>
 *
 * <p>Behind it, internally:
 *
 * <pre>
 *   Request --(Algorithm)--&gt; Plan --compile--&gt; Schedule --&gt; ScheduleRun
 *   (which algorithm,        (its rounds, one   (flat       (rounds: receives, sends,
 *    ranks, rank, sizes)      by one, unkept)    arrays)     steps, wait, by way of peers)
 *                              |
 *                              +--&gt; Simulation: all ranks under a LogGP model
 * </pre>
 *
 * <p>A {@code ChoiceTable} says which algorithm a request gets. All ranks of one collective must
 * ask for the same algorithm, sizes, root and segment.
 */
@NullMarked
package io.verbena.collective;

import org.jspecify.annotations.NullMarked;
