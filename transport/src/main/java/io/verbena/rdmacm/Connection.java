package io.verbena.rdmacm;

import io.verbena.verbs.Device;
import io.verbena.verbs.QueuePair;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A connection, or with {@link PortSpace#UDP} the acquaintance of a datagram service. Traffic goes
 * through the queue pair; this is for its beginning and its end.
 *
 * <p>That the peer ends the connection, or its process dies, is an event of the manager: until
 * somebody {@linkplain ConnectionManager#await awaits} it, or asks for the {@link #state}, the
 * queue pair stays as it is and its receives are not flushed. A peer whose machine dies sends
 * nothing: its absence shows with the next request that gets no acknowledgement.
 *
 * <p>Threads: any. Ownership: by its {@link ConnectionManager}. The queue pair is the caller's, and
 * may be closed before or after the connection.
 */
public final class Connection extends CommunicationIdentifier {
  private final QueuePair pair;
  private final QueuePairSteps steps;
  private final ConnectionParameters parameters;
  private final InetSocketAddress remote;
  private ConnectionState state = ConnectionState.CONNECTING;
  private PrivateData privateData = PrivateData.none();
  private @Nullable PeerParameters peer;
  private @Nullable DatagramPeer datagramPeer;

  Connection(
      ConnectionManager manager,
      CmId id,
      QueuePair pair,
      ConnectionParameters parameters,
      InetSocketAddress remote) {
    super(manager, id);
    this.pair = pair;
    this.steps = new QueuePairSteps(id, pair);
    this.parameters = parameters;
    this.remote = remote;
  }

  @Override
  void handle(CmEvent event) {
    switch (event.type()) {
      case CmEvent.CONNECT_RESPONSE -> respond(event);
      case CmEvent.ESTABLISHED -> established(event);
      case CmEvent.DISCONNECTED -> disconnected(event);
      case CmEvent.REJECTED, CmEvent.CONNECT_ERROR, CmEvent.UNREACHABLE -> {
        // The passive side can give up after the active side has believed it.
        handleOther(event);
        lost();
      }
      case CmEvent.TIMEWAIT_EXIT -> {
        lost();
        manager().announce(new ConnectionEvent.TimeWaitEnded(this));
      }
      case CmEvent.DEVICE_REMOVAL -> {
        handleOther(event);
        ended();
      }
      default -> handleOther(event);
    }
  }

  /** The active side: the peer has accepted and waits for us to be ready. */
  private void respond(CmEvent event) {
    if (!isPending()) {
      return;
    }
    try {
      steps.connect(parameters);
      id.establish(remote.toString());
      established(event);
    } catch (ConnectionException e) {
      rejectAndFail(e);
    } catch (IllegalStateException | IllegalArgumentException e) {
      // This may be any thread that reads events: the one that closed the queue pair is elsewhere.
      rejectAndFail(ConnectionException.ofQueuePair("the queue pair cannot be connected", e));
    }
  }

  private void rejectAndFail(ConnectionException cause) {
    try {
      id.reject(PrivateData.none(), remote.toString());
    } catch (ConnectionException e) {
      cause.addSuppressed(e);
    }
    fail(cause);
  }

  private void established(CmEvent event) {
    if (!isPending()) {
      return;
    }
    if (event.type() == CmEvent.CONNECT_RESPONSE) {
      privateData = event.privateData();
      peer = event.peer();
    } else if (id.portSpace.isDatagram()) {
      privateData = event.privateData();
      datagramPeer = event.datagramPeer();
    }
    state = ConnectionState.CONNECTED;
    succeed(new ConnectionEvent.Established(this));
  }

  /** With the lock: the passive side of a datagram service is complete at once. */
  void establishedAtOnce(@Nullable PeerParameters peerParameters, boolean complete) {
    peer = peerParameters;
    if (complete) {
      state = ConnectionState.CONNECTED;
    }
  }

  private void disconnected(CmEvent event) {
    if (isPending()) {
      fail(ConnectionException.ofEvent(event, description()));
    } else if (isUp()) {
      endTraffic();
      try {
        // Also after our own request: the peer's may have crossed it, and waits for an answer.
        id.disconnect(remote.toString());
      } catch (ConnectionException e) {
        // The peer knows already.
      }
      lost();
    }
  }

  private boolean isUp() {
    return state == ConnectionState.CONNECTED || state == ConnectionState.DISCONNECTING;
  }

  /** Whatever ended it, this side hears of it once. */
  private void lost() {
    if (isUp()) {
      ended();
      manager().announce(new ConnectionEvent.Disconnected(this));
    }
  }

  private void ended() {
    if (state != ConnectionState.FAILED && state != ConnectionState.CLOSED) {
      state = ConnectionState.DISCONNECTED;
    }
    endTraffic();
    manager().signal();
  }

  /** Datagrams go on with other peers; a connection's queue pair has only this one. */
  private void endTraffic() {
    if (!id.portSpace.isDatagram()) {
      steps.fail();
    }
  }

  @Override
  void onFailure() {
    state = ConnectionState.FAILED;
    endTraffic();
  }

  @Override
  void beforeClose() {
    if (state == ConnectionState.CONNECTED && !id.portSpace.isDatagram()) {
      try {
        end();
      } catch (ConnectionException e) {
        // Destroying the identifier tells the peer too.
      }
    }
    state = ConnectionState.CLOSED;
  }

  /**
   * How far the connection is, after looking for events.
   *
   * @return the state
   * @throws ConnectionException if the connection manager fails
   */
  public ConnectionState state() throws ConnectionException {
    ConnectionManager owner = lock();
    try {
      if (state != ConnectionState.CLOSED) {
        owner.drain();
      }
      return state;
    } finally {
      owner.unlock();
    }
  }

  /**
   * The queue pair.
   *
   * @return the caller's
   */
  public QueuePair queuePair() {
    return pair;
  }

  /**
   * The device.
   *
   * @return that of the queue pair
   */
  public Device device() {
    return pair.domain().context().device();
  }

  /**
   * The peer's address.
   *
   * @return address and port
   */
  public InetSocketAddress remoteAddress() {
    return remote;
  }

  /**
   * What the peer sent along with its acceptance.
   *
   * @return padded with zeros by the protocol, see {@link PrivateData#content}; none on the side
   *     that accepted, where it is in the {@link ConnectionRequest}
   */
  public PrivateData privateData() {
    ConnectionManager owner = lock();
    try {
      return privateData;
    } finally {
      owner.unlock();
    }
  }

  /**
   * What the peer asked for.
   *
   * @return empty while it is not known, and for datagrams
   */
  public Optional<PeerParameters> peer() {
    ConnectionManager owner = lock();
    try {
      return Optional.ofNullable(peer);
    } finally {
      owner.unlock();
    }
  }

  /**
   * Where to send datagrams to.
   *
   * @return empty for connections, and on the side that accepted: there the first datagram tells
   */
  public Optional<DatagramPeer> datagramPeer() {
    ConnectionManager owner = lock();
    try {
      return Optional.ofNullable(datagramPeer);
    } finally {
      owner.unlock();
    }
  }

  /**
   * Ends the connection, see {@code man rdma_disconnect}: the queue pair goes to ERR, so that what
   * is queued is flushed, and the peer is told. Does not wait for the peer's answer. On a
   * connection that has ended it does nothing.
   *
   * @throws ConnectionException if the connection manager refuses to tell the peer; the connection
   *     has ended all the same
   * @throws IllegalStateException if the connection is closed or not there yet, or there is none to
   *     end because these are datagrams
   */
  public void disconnect() throws ConnectionException {
    ConnectionManager owner = lock();
    try {
      requireOpen();
      if (id.portSpace.isDatagram()) {
        throw new IllegalStateException("datagrams have no connection to end: use close()");
      }
      owner.drain();
      if (state == ConnectionState.CONNECTING || state == ConnectionState.FAILED) {
        throw new IllegalStateException(description() + " is " + state + ": use close()");
      }
      if (state == ConnectionState.CONNECTED) {
        end();
      }
    } finally {
      owner.unlock();
    }
  }

  private void end() throws ConnectionException {
    state = ConnectionState.DISCONNECTING;
    endTraffic();
    boolean told = false;
    try {
      id.disconnect(remote.toString());
      told = true;
    } finally {
      if (!told) {
        // No answer will come to what was not said.
        lost();
      }
    }
  }

  /**
   * Waits for the end of the connection, whichever side ends it.
   *
   * @param timeout how long at most; zero looks without waiting
   * @return true if the connection has ended, or did not come about; false after the timeout
   * @throws ConnectionException if the connection manager fails
   * @throws IllegalStateException if the connection is closed, before or meanwhile
   */
  public boolean awaitDisconnect(Duration timeout) throws ConnectionException {
    long start = System.nanoTime();
    long nanos = Timeouts.nanos(timeout);
    while (true) {
      ConnectionManager owner = lock();
      try {
        requireOpen();
        boolean ended =
            owner.await(
                () ->
                    manager() != owner
                        || state == ConnectionState.DISCONNECTED
                        || state == ConnectionState.FAILED
                        || state == ConnectionState.CLOSED,
                nanos - (System.nanoTime() - start));
        if (manager() == owner) {
          requireOpen();
          return ended;
        }
      } finally {
        owner.unlock();
      }
    }
  }

  /**
   * Tells the connection manager that a message has come while the accepting side still waits for
   * the peer's last word, which got lost: completes the connection. Called on the asynchronous
   * event {@code COMM_EST}; see {@code man rdma_notify}.
   *
   * @throws ConnectionException if the connection manager refuses
   * @throws IllegalStateException if the connection is closed
   */
  public void communicationEstablished() throws ConnectionException {
    ConnectionManager owner = lock();
    try {
      requireOpen();
      id.communicationEstablished(remote.toString());
    } finally {
      owner.unlock();
    }
  }

  /**
   * Hands this over to another manager, see {@code man rdma_migrate_id}: its events come there from
   * now on. So the connections of one listener can be spread over several threads.
   *
   * @param target the manager that owns this afterwards
   * @throws ConnectionException if the connection manager refuses
   * @throws IllegalStateException if this is closed or used up, an operation is under way, or the
   *     other manager is closed
   */
  public void moveTo(ConnectionManager target) throws ConnectionException {
    migrate(target);
  }

  @Override
  String description() {
    return "the connection with " + remote;
  }
}
