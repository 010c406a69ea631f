/**
 * Verbs: the objects of libibverbs, one class each, for programs that want the adapter itself. To
 * exchange messages, use {@link io.verbena} instead.
 *
 * <p>Parents own children: closing an object first closes, newest first, what depends on it.
 *
 * <pre>{@code
 * Device                           found by name, or chosen with its port; a value, nothing to close
 *   └─ Context                     the opened device: attributes, ports, GIDs, partition keys
 *        ├─ AsyncEvents            await() ──> AsyncEvent: failures, ports that come and go
 *        ├─ CompletionChannel      sleep until a completion comes
 *        │    └─ CompletionQueue   also the context's; await(), poll() ──> Completions, a cursor
 *        ├─ XrcDomain              holds the receiving end of extended connections together
 *        └─ ProtectionDomain       what may work together
 *             ├─ MemoryRegion      memory that the adapter reads and writes
 *             │    └─ MemoryRegion the same memory once more, with other rights
 *             ├─ MemoryWindow      a right to a part of a region, given and taken in microseconds
 *             ├─ AddressHandle     where datagrams go
 *             ├─ SharedReceiveQueue   receives() ──> ReceiveBatch, for many queue pairs
 *             └─ QueuePair         one end of a connection; also depends on its completion queues
 *                  │               and its shared receive queue
 *                  ├─ sends()      SendBatch: send, write, read, atomics; submit() rings once
 *                  └─ receives()   ReceiveBatch
 * }</pre>
 *
 * <p>Bringing two queue pairs together:
 *
 * <pre>{@code
 * this side                                            the peer
 * pair.address(port, gidIndex) ── any byte channel ──> remote
 * remote <────────────────────────────────────────── pair.address(port, gidIndex)
 * pair.connect(remote)           INIT, RTR, RTS        pair.connect(remote)
 * }</pre>
 *
 * <p>A datagram queue pair has no one peer: {@code pair.activate(queueKey)}, and each send says
 * {@code to(handle, number, queueKey)}.
 *
 * <p>Expected outcomes on the hot path are return values (queue full, nothing done yet). What the
 * environment does is a checked {@link io.verbena.verbs.VerbsException}. A caller's mistake is an
 * {@code IllegalArgumentException} or an {@code IllegalStateException}; so is using an object after
 * it was closed, from whatever thread: it never harms the JVM.
 *
 * <p>Threads: a completion queue and each of a queue pair's two batches serve one thread at a time;
 * everything else may be called from any thread, and {@code close()} at any time.
 */
@NullMarked
package io.verbena.verbs;

import org.jspecify.annotations.NullMarked;
