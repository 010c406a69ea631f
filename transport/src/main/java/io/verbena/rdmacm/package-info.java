/**
 * The connection manager: connects queue pairs of {@link io.verbena.verbs} by IP address and port,
 * as sockets are; the objects of librdmacm. To exchange messages, use {@link io.verbena} instead.
 *
 * <pre>{@code
 * ConnectionManager             an event channel; closes everything below
 *   ├─ context(device)          an opened device, if the caller has none of its own
 *   ├─ Route                    resolve(address): the way to a listener, and the device on it
 *   │    └─ Connection          connect(pair); uses the route up
 *   └─ ConnectionListener       listen(address)
 *        └─ ConnectionRequest   await(): somebody who wants to connect
 *             └─ Connection     accept(pair), or reject(); uses the request up
 * }</pre>
 *
 * <p>Queue pairs are made as always, by a protection domain on a context of the route's or the
 * request's device, and stay their maker's: the connection manager takes them to RTS and, when the
 * connection ends, to ERR. Either may be closed first.
 *
 * <pre>{@code
 * Duration patience = Duration.ofSeconds(5);
 * try (ConnectionManager manager = ConnectionManager.open();
 *      Route route = manager.resolve(new InetSocketAddress("10.0.0.1", 18515), patience);
 *      ProtectionDomain domain = route.context().createDomain();
 *      CompletionQueue queue = route.context().createCompletionQueue(64);
 *      QueuePair pair = domain.createQueuePair(QueuePairConfig.reliable(queue).withSendDepth(16))) {
 *   route.prepare(pair);                          // INIT: post the first receives here
 *   try (Connection connection =
 *       route.connect(pair, ConnectionParameters.defaults(), patience)) {
 *     pair.sends().signaled().send(1, region, 0, 16).submit();
 *     ...
 *   }                                             // disconnects; the peer is told
 * }
 *
 * try (ConnectionManager manager = ConnectionManager.open();
 *      ConnectionListener listener = manager.listen(new InetSocketAddress(18515))) {
 *   Optional<ConnectionRequest> request = listener.await(patience);
 *   ...                                           // a queue pair on request.context(), as above
 *   Connection connection = request.get().accept(pair, ConnectionParameters.defaults(), patience);
 * }
 * }</pre>
 *
 * <p>Two styles, which may be mixed: calls that block until their deadline, and {@code start...}
 * calls whose outcome is a {@link io.verbena.rdmacm.ConnectionEvent} of {@link
 * io.verbena.rdmacm.ConnectionManager#await}. Disconnections, requests and removals are such events
 * in both styles.
 *
 * <p>For InfiniBand and RoCE: iWARP devices, whose queue pairs the kernel changes by itself, are
 * refused.
 *
 * <p>What the environment or the peer does is a checked {@link
 * io.verbena.rdmacm.ConnectionException}, a caller's mistake an {@code IllegalArgumentException} or
 * an {@code IllegalStateException}. Everything may be called and closed from any thread at any
 * time.
 */
@NullMarked
package io.verbena.rdmacm;

import org.jspecify.annotations.NullMarked;
