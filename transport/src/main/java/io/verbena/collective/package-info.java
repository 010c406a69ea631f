/**
 * What each rank does in a collective operation, and how long that takes. Internal.
 *
 * <pre>
 *   Request --(Algorithm)--&gt; Plan --compile--&gt; Schedule --&gt; whoever executes it
 *   (which algorithm,        (its rounds, one   (flat       (rounds: receives, sends,
 *    ranks, rank, sizes)      by one, unkept)    arrays)     steps, wait)
 *                              |
 *                              +--&gt; Simulation: all ranks under a LogGP model
 * </pre>
 *
 * <p>A {@link io.verbena.collective.ChoiceTable} says which algorithm a request gets. All ranks of
 * one collective must ask for the same algorithm, sizes, root and segment.
 */
@NullMarked
package io.verbena.collective;

import org.jspecify.annotations.NullMarked;
