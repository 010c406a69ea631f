package io.verbena.rdmacm;

import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import io.verbena.verbs.VerbsException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One end of a conversation with the connection manager; stands for {@code struct rdma_cm_id}, see
 * {@code man rdma_create_id}.
 *
 * <p>Threads: any. Ownership: by its {@link ConnectionManager}, and closed with it.
 */
public abstract sealed class CommunicationIdentifier implements AutoCloseable
    permits Route, ConnectionListener, ConnectionRequest, Connection {
  /** An operation that ends at its deadline, whatever the kernel does. */
  record Pending(CommunicationIdentifier owner, long deadline, String call, String arguments) {
    long nanosLeft(long now) {
      return deadline - now;
    }
  }

  final CmId id;
  private volatile ConnectionManager manager;

  // With the manager's lock.
  private @Nullable Pending pending;
  private @Nullable ConnectionException failure;
  private boolean awaited;
  private boolean closed;
  private boolean handedOver;

  CommunicationIdentifier(ConnectionManager manager, CmId id) {
    this.manager = manager;
    this.id = id;
  }

  /**
   * The manager that this belongs to.
   *
   * @return the owner
   */
  public ConnectionManager manager() {
    return manager;
  }

  /** Takes the lock of the manager; {@link ConnectionManager#unlock} releases it. */
  final ConnectionManager lock() {
    while (true) {
      ConnectionManager current = manager;
      current.lock();
      if (current == manager) {
        return current;
      }
      current.unlock();
    }
  }

  /** With the lock. */
  final ConnectionManager requireOpen() {
    if (closed) {
      throw new IllegalStateException(
          description() + " is closed: do not use it after close(), its own or its manager's");
    }
    if (handedOver) {
      throw new IllegalStateException(
          description() + " has been used up: go on with the connection that it became");
    }
    return manager;
  }

  /**
   * Whether this can still be used. Another thread may close it at any time.
   *
   * @return false after closing; of a route or request, also after a connection was made of it
   */
  public final boolean isOpen() {
    ConnectionManager owner = lock();
    try {
      return !closed && !handedOver;
    } finally {
      owner.unlock();
    }
  }

  /**
   * The local address.
   *
   * @return the address; the wildcard while it is not known
   * @throws IllegalStateException if this is closed
   */
  public final InetSocketAddress localAddress() {
    ConnectionManager owner = lock();
    try {
      requireOpen();
      return id.localAddress();
    } finally {
      owner.unlock();
    }
  }

  /** With the lock: what the manager's device is. */
  final Device requireDevice() {
    requireOpen();
    if (!id.hasDevice()) {
      throw new IllegalStateException(
          description()
              + " has no device: it is known when the address is resolved, until it is removed");
    }
    return id.device();
  }

  final Device findDevice() {
    ConnectionManager owner = lock();
    try {
      return requireDevice();
    } finally {
      owner.unlock();
    }
  }

  final int findPort() {
    ConnectionManager owner = lock();
    try {
      requireDevice();
      return id.port();
    } finally {
      owner.unlock();
    }
  }

  final Context openContext() throws VerbsException {
    ConnectionManager owner = lock();
    try {
      return owner.context(requireDevice());
    } finally {
      owner.unlock();
    }
  }

  final InetSocketAddress peerAddress() {
    ConnectionManager owner = lock();
    try {
      requireOpen();
      return id.remoteAddress();
    } finally {
      owner.unlock();
    }
  }

  /** With the lock: an operation begins that an event ends. */
  final void begin(String call, String arguments, Duration timeout, boolean await) {
    awaited = await;
    failure = null;
    pending = new Pending(this, System.nanoTime() + Timeouts.nanos(timeout), call, arguments);
    manager.expect(pending);
  }

  final boolean isReleased() {
    return closed;
  }

  final boolean isPending() {
    return pending != null;
  }

  /** For the kernel, which has timeouts of its own: the rest of the operation's time. */
  final int millisLeft() {
    Pending operation = pending;
    return operation == null
        ? 0
        : Math.max(1, Timeouts.pollMillis(operation.nanosLeft(System.nanoTime())));
  }

  /** With the lock: the operation has succeeded. */
  final void succeed(ConnectionEvent event) {
    end();
    if (!awaited) {
      manager.announce(event);
    }
    manager.signal();
  }

  /** With the lock: the operation has failed. */
  final void fail(ConnectionException cause) {
    if (pending == null) {
      return;
    }
    end();
    failure = cause;
    onFailure();
    if (!awaited) {
      manager.announce(new ConnectionEvent.Failed(this, cause));
    }
    manager.signal();
  }

  private void end() {
    Pending operation = pending;
    if (operation != null) {
      pending = null;
      manager.forget(operation);
    }
  }

  /** With the lock: nobody wants the operation's outcome any more. */
  final void abandon() {
    end();
    manager.signal();
  }

  /** With the lock: the operation goes on with its next step, until the same deadline. */
  final void goOn(String call) {
    Pending before = pending;
    if (before != null) {
      end();
      pending = new Pending(this, before.deadline(), call, before.arguments());
      manager.expect(pending);
    }
  }

  /** With the lock: the operation's deadline has passed. */
  final void expire() {
    Pending operation = pending;
    if (operation != null) {
      fail(ConnectionException.timedOut(operation.call(), operation.arguments()));
    }
  }

  /** Waits for the operation that {@link #begin} began; closes this if it fails. */
  final void awaitOutcomeOrClose() throws ConnectionException {
    boolean done = false;
    try {
      awaitOutcome();
      done = true;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  /** Waits for the operation that {@link #begin} began. */
  final void awaitOutcome() throws ConnectionException {
    ConnectionManager owner = lock();
    try {
      owner.await(() -> pending == null || closed, TimeUnit.DAYS.toNanos(365));
      awaited = false;
      if (closed) {
        throw new IllegalStateException(description() + " was closed meanwhile");
      }
      if (failure != null) {
        throw failure;
      }
    } finally {
      owner.unlock();
    }
  }

  /** With the lock: an event of this identifier. */
  abstract void handle(CmEvent event);

  /** With the lock. */
  void onFailure() {}

  /** With the lock, before the identifier is destroyed. */
  void beforeClose() {}

  /** What all identifiers do about events that no operation waits for. */
  final void handleOther(CmEvent event) {
    switch (event.type()) {
      case CmEvent.DEVICE_REMOVAL -> {
        if (id.hasDevice()) {
          manager.deviceRemoved(id.device());
        }
        fail(ConnectionException.ofEvent(event, description()));
        manager.announce(new ConnectionEvent.DeviceRemoved(this));
      }
      case CmEvent.ADDR_CHANGE -> manager.announce(new ConnectionEvent.AddressChanged(this));
      case CmEvent.ADDR_ERROR,
          CmEvent.ROUTE_ERROR,
          CmEvent.CONNECT_ERROR,
          CmEvent.UNREACHABLE,
          CmEvent.REJECTED,
          CmEvent.DISCONNECTED ->
          fail(ConnectionException.ofEvent(event, description()));
      default -> {
        // Of an operation that has failed meanwhile.
      }
    }
  }

  /** With the lock: another object goes on with the identifier. */
  final void handOver(CommunicationIdentifier heir) {
    handedOver = true;
    manager.register(heir);
  }

  /** Hands the identifier over to another manager, see {@code man rdma_migrate_id}. */
  final void migrate(ConnectionManager target) throws ConnectionException {
    while (true) {
      ConnectionManager current = manager;
      if (current == target) {
        return;
      }
      // Two threads that move in opposite directions must not wait for each other.
      boolean inOrder = current.comesBefore(target);
      ConnectionManager first = inOrder ? current : target;
      ConnectionManager second = inOrder ? target : current;
      first.lock();
      second.lock();
      try {
        if (current == manager) {
          requireOpen();
          current.drain();
          requireNothingPending();
          target.requireOpen();
          id.migrate(target.channel(), description());
          current.giveTo(target, this);
          manager = target;
          current.signal();
          target.signal();
          return;
        }
      } finally {
        second.unlock();
        first.unlock();
      }
    }
  }

  final void requireNothingPending() {
    if (pending != null) {
      throw new IllegalStateException(
          description() + " is busy with " + pending.call() + ": wait for its end first");
    }
  }

  /**
   * Destroys the identifier, see {@code man rdma_destroy_id}. May be called from any thread, at any
   * time and more than once; a thread that waits for this wakes up with an {@code
   * IllegalStateException}. Events that nobody has taken are dropped. Queue pairs are not closed.
   */
  @Override
  public void close() {
    ConnectionManager owner = lock();
    try {
      release();
    } finally {
      owner.unlock();
    }
  }

  /** With the lock. */
  final void release() {
    if (closed || handedOver) {
      return;
    }
    beforeClose();
    closed = true;
    end();
    manager.unregister(this);
    try {
      id.destroy();
    } catch (ConnectionException e) {
      // The kernel refuses only what it does not know: the identifier is gone.
    }
    manager.signal();
  }

  abstract String description();

  /**
   * What this is, for messages and logs.
   *
   * @return a few words with the address
   */
  @Override
  public final String toString() {
    return description();
  }
}
