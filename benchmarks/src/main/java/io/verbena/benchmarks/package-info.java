/**
 * What {@code ./verbena perf AREA} runs: ours and a peer's way of doing the same, alternating in
 * one run, so that both meet the same machine in the same mood.
 *
 * <pre>
 * Main --- Area --+-- VerbsArea ------ JMH forks: EmptyPoll, PostWrite ---+-- ours: io.verbena.verbs
 *                 |                                                      +-- C: Baseline (baseline.c)
 *                 |                                both on StubLibrary (stub.c)
 *                 +-- TransportArea -- two processes: PingPong &lt;-&gt; EchoServer
 * </pre>
 *
 * <p>{@code ./verbena perf simulation} measures nothing: it says how long collectives would take on
 * many ranks. {@code ./verbena perf simulation measure} holds what it says against measurements.
 *
 * <p>To add an area: implement {@link io.verbena.benchmarks.Area} and list it in {@link
 * io.verbena.benchmarks.Main}. Results that are worth keeping go to {@code benchmarks/results},
 * with how they were measured.
 */
@NullMarked
package io.verbena.benchmarks;

import org.jspecify.annotations.NullMarked;
