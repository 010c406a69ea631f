package io.verbena.rdmacm;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * Takes requests for connections, see {@code man rdma_listen}.
 *
 * <p>Threads: any. Ownership: by its {@link ConnectionManager}; closing it rejects the requests
 * that nobody has taken, and leaves the others alone. No more of them wait than its backlog: what
 * comes beyond is rejected.
 */
public final class ConnectionListener extends CommunicationIdentifier {
  private final AddressOptions options;
  private final InetSocketAddress asked;
  private final int backlog;

  private ConnectionListener(
      ConnectionManager manager,
      CmId id,
      AddressOptions options,
      InetSocketAddress asked,
      int backlog) {
    super(manager, id);
    this.options = options;
    this.asked = asked;
    this.backlog = backlog;
  }

  /** With the lock. */
  static ConnectionListener start(
      ConnectionManager manager,
      EventChannel channel,
      InetSocketAddress local,
      AddressOptions options,
      int backlog)
      throws ConnectionException {
    SocketAddresses.requireResolved(local);
    if (options.source().isPresent()) {
      throw new IllegalArgumentException(
          "a listener has one address, not also the source " + options.source().get());
    }
    if (backlog < 1) {
      throw new IllegalArgumentException(
          "a backlog of "
              + backlog
              + " would reject every request: at least 1 must be able to wait");
    }
    CmId id = CmId.create(channel, options.portSpace());
    ConnectionListener listener = new ConnectionListener(manager, id, options, local, backlog);
    manager.register(listener);
    boolean started = false;
    try {
      listener.id.setOptions(options);
      listener.id.bind(local);
      listener.id.listen(local, backlog);
      started = true;
      return listener;
    } finally {
      if (!started) {
        listener.release();
      }
    }
  }

  @Override
  void handle(CmEvent event) {
    if (event.type() != CmEvent.CONNECT_REQUEST) {
      handleOther(event);
      return;
    }
    CmId requestId = new CmId(event.id(), id.portSpace);
    if (manager().events().requests(this) >= backlog) {
      // The kernel's backlog counts only what has not been read from the channel.
      reject(requestId);
      return;
    }
    ConnectionRequest request = new ConnectionRequest(manager(), requestId, this, event);
    manager().register(request);
    try {
      requestId.setAckTimeout(options);
    } catch (ConnectionException e) {
      // The peer has gone away already: accepting will tell.
    }
    manager().announce(new ConnectionEvent.Requested(request));
  }

  private static void reject(CmId request) {
    try {
      request.destroy();
    } catch (ConnectionException e) {
      // The peer has gone away already.
    }
  }

  /**
   * Waits for a request. Requests that come while nobody waits are kept, in order.
   *
   * @param timeout how long at most; zero looks without waiting
   * @return a request to accept or reject; empty after the timeout
   * @throws ConnectionException if the connection manager fails
   * @throws IllegalStateException if the listener is closed, before or meanwhile
   */
  public Optional<ConnectionRequest> await(Duration timeout) throws ConnectionException {
    ConnectionManager owner = lock();
    try {
      requireOpen();
      ConnectionRequest[] taken = new ConnectionRequest[1];
      owner.await(
          () -> {
            taken[0] = owner.events().takeRequest(this);
            return taken[0] != null || isReleased();
          },
          Timeouts.nanos(timeout));
      requireOpen();
      return Optional.ofNullable(taken[0]);
    } finally {
      owner.unlock();
    }
  }

  @Override
  void beforeClose() {
    EventQueue events = manager().events();
    for (ConnectionRequest request; (request = events.takeRequest(this)) != null; ) {
      request.release();
    }
  }

  @Override
  String description() {
    return "the listener on " + asked;
  }
}
