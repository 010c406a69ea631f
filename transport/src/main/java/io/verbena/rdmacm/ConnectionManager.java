package io.verbena.rdmacm;

import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import io.verbena.verbs.VerbsException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * Connects queue pairs by IP address and port; stands for {@code struct rdma_event_channel} and the
 * identifiers on it, see {@code man rdma_cm}.
 *
 * <p>Blocking calls wait for their own outcome only, any number of threads at a time: one of them
 * sleeps for all, and hands out what comes. What happens unasked (requests, disconnections, removal
 * of a device) is kept for {@link #await}.
 *
 * <p>A virtual thread that waits here may occupy its carrier.
 *
 * <p>Threads: any. Ownership: by the caller; closing it closes all that it made.
 */
public final class ConnectionManager implements AutoCloseable {
  private static final int BACKLOG = 128;
  private static final int EVENTS_AT_A_TIME = 64;
  private static final AtomicLong COUNTER = new AtomicLong();

  private final long number = COUNTER.incrementAndGet();
  private final EventChannel channel;
  private final Map<Long, CommunicationIdentifier> identifiers = new HashMap<>();
  private final EventQueue events = new EventQueue();
  private final Deadlines deadlines = new Deadlines();
  private final Waiters waiters;
  private final OpenContexts contexts = new OpenContexts();
  private boolean woken;
  private boolean closed;

  private ConnectionManager(EventChannel channel) {
    this.channel = channel;
    this.waiters = new Waiters(channel, deadlines);
  }

  /**
   * Opens the connection manager, see {@code man rdma_create_event_channel}.
   *
   * @return a manager to close after use
   * @throws ConnectionException if the library, the kernel's support or the permission is missing
   */
  public static ConnectionManager open() throws ConnectionException {
    return new ConnectionManager(EventChannel.open());
  }

  /**
   * Finds the way to an address with the default options, see {@link #resolve(InetSocketAddress,
   * AddressOptions, Duration)}.
   *
   * @param remote the listener's address
   * @param timeout how long at most
   * @return a route to connect or to close
   * @throws ConnectionException if there is no way
   * @throws IllegalStateException if the manager is closed, before or meanwhile
   */
  public Route resolve(InetSocketAddress remote, Duration timeout) throws ConnectionException {
    return resolve(remote, AddressOptions.defaults(), timeout);
  }

  /**
   * Finds the way to an address, and waits until it is known; see {@code man rdma_resolve_addr} and
   * {@code man rdma_resolve_route}.
   *
   * <p>Where librdmacm is built to ask the ibacm service for routes and that service runs, it asks
   * before the second step, and everything of this manager waits for the answer, also beyond the
   * timeout.
   *
   * @param remote the listener's address; the host's name must have been looked up
   * @param options how to get there
   * @param timeout how long at most, for both steps
   * @return a route to connect or to close
   * @throws ConnectionException if no RDMA device leads there, nobody answers for the address, or
   *     the time is over: see {@link ConnectionException#failure}
   * @throws IllegalStateException if the manager is closed, before or meanwhile
   */
  public Route resolve(InetSocketAddress remote, AddressOptions options, Duration timeout)
      throws ConnectionException {
    Route route = start(remote, options, timeout, true);
    route.awaitOutcomeOrClose();
    return route;
  }

  /**
   * Starts to find the way to an address: {@link ConnectionEvent.RouteResolved} or {@link
   * ConnectionEvent.Failed} follows.
   *
   * @param remote the listener's address; the host's name must have been looked up
   * @param options how to get there
   * @param timeout how long at most, for both steps, while somebody awaits events
   * @return a route to connect, when it is resolved, or to close
   * @throws ConnectionException if the address cannot be used
   * @throws IllegalStateException if the manager is closed
   */
  public Route startResolving(InetSocketAddress remote, AddressOptions options, Duration timeout)
      throws ConnectionException {
    return start(remote, options, timeout, false);
  }

  private Route start(
      InetSocketAddress remote, AddressOptions options, Duration timeout, boolean await)
      throws ConnectionException {
    lock();
    try {
      requireOpen();
      return Route.start(this, channel, remote, options, timeout, await);
    } finally {
      unlock();
    }
  }

  /**
   * Listens with the default options, see {@link #listen(InetSocketAddress, AddressOptions, int)}.
   *
   * @param local the address; the wildcard address takes requests through all devices, port 0 lets
   *     the system choose
   * @return a listener to close after use
   * @throws ConnectionException if the address cannot be used
   * @throws IllegalStateException if the manager is closed
   */
  public ConnectionListener listen(InetSocketAddress local) throws ConnectionException {
    return listen(local, AddressOptions.defaults(), BACKLOG);
  }

  /**
   * Takes requests for connections from now on, see {@code man rdma_bind_addr} and {@code man
   * rdma_listen}.
   *
   * @param local the address; the wildcard address takes requests through all devices, port 0 lets
   *     the system choose
   * @param options how to use the address
   * @param backlog requests that may wait to be taken, at least 1; those beyond are rejected
   * @return a listener to close after use
   * @throws ConnectionException if the address cannot be used
   * @throws IllegalArgumentException if the options have a source address, or the backlog is 0 or
   *     less
   * @throws IllegalStateException if the manager is closed
   */
  public ConnectionListener listen(InetSocketAddress local, AddressOptions options, int backlog)
      throws ConnectionException {
    lock();
    try {
      requireOpen();
      return ConnectionListener.start(this, channel, local, options, backlog);
    } finally {
      unlock();
    }
  }

  /**
   * An opened device, the same for all calls: queue pairs that share memory or completion queues
   * have to be on one context. It is the manager's, and closed with it; the caller may as well open
   * a context of its own for a {@link Route#device}. After {@link ConnectionEvent.DeviceRemoved}
   * this opens the device anew, when it is back.
   *
   * @param device the device
   * @return an open context
   * @throws VerbsException if the device cannot be opened
   * @throws IllegalStateException if the manager is closed
   */
  public Context context(Device device) throws VerbsException {
    lock();
    try {
      requireOpen();
      return contexts.of(device);
    } finally {
      unlock();
    }
  }

  /**
   * Takes the next event, without waiting.
   *
   * @return the event, or empty
   * @throws ConnectionException if the connection manager fails
   * @throws IllegalStateException if the manager is closed
   */
  public Optional<ConnectionEvent> poll() throws ConnectionException {
    return await(Duration.ZERO);
  }

  /**
   * Takes the next event, waiting for it. Events of an identifier that is closed are dropped.
   *
   * @param timeout how long at most, rounded up to milliseconds; zero looks without waiting
   * @return the event; empty after the timeout or {@link #wakeup}
   * @throws ConnectionException if the connection manager fails
   * @throws IllegalStateException if the manager is closed, before or meanwhile
   */
  public Optional<ConnectionEvent> await(Duration timeout) throws ConnectionException {
    lock();
    try {
      requireOpen();
      await(() -> !events.isEmpty() || woken, Timeouts.nanos(timeout));
      woken = false;
      return Optional.ofNullable(events.poll());
    } finally {
      unlock();
    }
  }

  /**
   * Makes a thread in {@link #await(Duration)} return at once, or the next one that comes if none
   * is there. Any thread may call this; on a closed manager it does nothing.
   */
  public void wakeup() {
    lock();
    try {
      if (!closed) {
        woken = true;
        signal();
      }
    } finally {
      unlock();
    }
  }

  void lock() {
    waiters.lock();
  }

  void unlock() {
    waiters.unlock();
  }

  void requireOpen() {
    if (closed) {
      throw new IllegalStateException(
          "the connection manager is closed: do not use it after close()");
    }
  }

  boolean comesBefore(ConnectionManager other) {
    return number < other.number;
  }

  EventChannel channel() {
    return channel;
  }

  /** With the lock: waits until something is so. */
  boolean await(BooleanSupplier done, long nanos) throws ConnectionException {
    long start = System.nanoTime();
    boolean interrupted = false;
    try {
      while (true) {
        // What was waited for may have moved to another manager, and this one may be closed.
        if (done.getAsBoolean()) {
          return true;
        }
        requireOpen();
        boolean more = drain();
        deadlines.expire();
        if (done.getAsBoolean()) {
          return true;
        }
        long left = nanos - (System.nanoTime() - start);
        if (left <= 0) {
          return false;
        }
        if (!more) {
          interrupted |= waiters.sleep(left);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * With the lock: takes the events that are there, but not so many that deadlines are missed.
   *
   * @return whether there may be more
   */
  boolean drain() throws ConnectionException {
    for (int taken = 0; taken < EVENTS_AT_A_TIME; taken++) {
      CmEvent event = channel.next();
      if (event == null) {
        return false;
      }
      boolean request = event.type() == CmEvent.CONNECT_REQUEST;
      CommunicationIdentifier target =
          identifiers.get(request ? event.listener() : event.id().address());
      if (target != null) {
        target.handle(event);
      } else if (request) {
        new CmId(event.id(), PortSpace.TCP).destroy();
      }
    }
    return true;
  }

  /** With the lock: every thread that waits looks again. */
  void signal() {
    waiters.signal();
  }

  void expect(CommunicationIdentifier.Pending operation) {
    deadlines.add(operation);
    signal();
  }

  void forget(CommunicationIdentifier.Pending operation) {
    deadlines.remove(operation);
  }

  void announce(ConnectionEvent event) {
    events.add(event);
    signal();
  }

  EventQueue events() {
    return events;
  }

  /** With the lock: its context is of no use any more, but has to be closed. */
  void deviceRemoved(Device device) {
    contexts.remove(device);
  }

  void register(CommunicationIdentifier identifier) {
    identifiers.put(identifier.id.address(), identifier);
  }

  /** With both locks. */
  void giveTo(ConnectionManager other, CommunicationIdentifier identifier) {
    identifiers.remove(identifier.id.address(), identifier);
    other.register(identifier);
    events.move(identifier, other.events);
  }

  void unregister(CommunicationIdentifier identifier) {
    identifiers.remove(identifier.id.address(), identifier);
    events.drop(identifier);
  }

  /**
   * Closes everything that this manager made, and what it opened. May be called from any thread, at
   * any time and more than once; threads that wait wake up with an {@code IllegalStateException}.
   * Queue pairs on a context of the caller's stay; those on a {@link #context} of this manager are
   * closed. What one context throws is thrown when all are closed.
   */
  @Override
  public void close() {
    List<Context> opened;
    lock();
    try {
      if (closed) {
        return;
      }
      for (CommunicationIdentifier each : new ArrayList<>(identifiers.values())) {
        each.release();
      }
      closed = true;
      woken = false;
      waiters.awaitAwake();
      channel.close();
      opened = contexts.takeAll();
    } finally {
      unlock();
    }
    OpenContexts.close(opened);
  }
}
