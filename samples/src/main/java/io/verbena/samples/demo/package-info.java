/**
 * {@code ./verbena demo}: two processes on one machine talk, check what they got, and measure.
 *
 * <pre>
 *  DemoCommand ── starts ──▶ PeerProcess, a JVM that runs DemoPeer
 *      │                          │ "port N" on its standard output
 *      └─ Demo ◀── Endpoint ──▶ DemoPeer
 *          requests (Request), one at a time; answers and contents are checked (Pattern)
 * </pre>
 */
@NullMarked
package io.verbena.samples.demo;

import org.jspecify.annotations.NullMarked;
