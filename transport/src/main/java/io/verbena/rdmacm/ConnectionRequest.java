package io.verbena.rdmacm;

import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.VerbsException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A peer that wants to connect: accept or reject it. Closing it without either rejects it. That its
 * device is being removed shows when it is accepted, not as an event.
 *
 * <p>Threads: any. Ownership: by its {@link ConnectionManager}, not by the listener; accepting uses
 * it up.
 */
public final class ConnectionRequest extends CommunicationIdentifier {
  private final ConnectionListener listener;
  private final InetSocketAddress remote;
  private final PrivateData privateData;
  private final @Nullable PeerParameters peer;

  ConnectionRequest(
      ConnectionManager manager, CmId id, ConnectionListener listener, CmEvent event) {
    super(manager, id);
    this.listener = listener;
    this.remote = id.remoteAddress();
    this.privateData = event.privateData();
    this.peer = event.peer();
  }

  @Override
  void handle(CmEvent event) {
    handleOther(event);
  }

  /**
   * The listener that got the request.
   *
   * @return the listener, which may be closed meanwhile
   */
  public ConnectionListener listener() {
    return listener;
  }

  /**
   * The device through which the request came.
   *
   * @return the device: the queue pair has to be made on a context of it
   * @throws IllegalStateException if this is closed or used up
   */
  public Device device() {
    return findDevice();
  }

  /**
   * An opened {@link #device}, see {@link ConnectionManager#context}.
   *
   * @return the manager's context; not to be closed after use
   * @throws VerbsException if the device cannot be opened
   * @throws IllegalStateException if this is closed or used up
   */
  public Context context() throws VerbsException {
    return openContext();
  }

  /**
   * The port of the {@link #device}.
   *
   * @return the port, counted from 1
   * @throws IllegalStateException if this is closed or used up
   */
  public int port() {
    return findPort();
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
   * What the peer sent along.
   *
   * @return padded with zeros by the protocol, see {@link PrivateData#content}
   */
  public PrivateData privateData() {
    return privateData;
  }

  /**
   * What the peer asks for.
   *
   * @return empty for datagrams
   */
  public Optional<PeerParameters> peer() {
    return Optional.ofNullable(peer);
  }

  /**
   * Brings a queue pair to INIT, so that receives can be posted before the peer may send. Accepting
   * does it too. Datagram queue pairs are brought to RTS.
   *
   * @param pair a queue pair on the {@link #device}, in RESET or INIT
   * @throws ConnectionException if the device refuses
   * @throws IllegalArgumentException if the queue pair is of another device or of the wrong type
   * @throws IllegalStateException if this or the queue pair is closed, or the queue pair is in
   *     another state
   */
  public void prepare(QueuePair pair) throws ConnectionException {
    ConnectionManager owner = lock();
    try {
      requireDevice();
      QueuePairSteps.requireFit(id, pair);
      new QueuePairSteps(id, pair).prepare();
    } finally {
      owner.unlock();
    }
  }

  /**
   * Accepts, and waits until the peer is ready; see {@code man rdma_accept}. The queue pair is then
   * in RTS. A datagram service's peer is not waited for. On failure this request is closed; the
   * queue pair can be used again from RESET.
   *
   * @param pair a queue pair on the {@link #device}, in RESET or INIT; for datagrams also in RTS
   * @param parameters what this side asks for; it retries as often as the peer has said, if that is
   *     less
   * @param timeout how long at most
   * @return a connection to close after use
   * @throws ConnectionException if the peer has gone away, the time is over, or the queue pair
   *     cannot be connected: see {@link ConnectionException#failure}
   * @throws IllegalArgumentException if the queue pair is of another device or of the wrong type,
   *     there is too much private data, or the device cannot do what the parameters ask for
   * @throws IllegalStateException if this or the queue pair is closed, or the queue pair is in
   *     another state
   */
  public Connection accept(QueuePair pair, ConnectionParameters parameters, Duration timeout)
      throws ConnectionException {
    Connection connection = start(pair, parameters, timeout, true);
    connection.awaitOutcomeOrClose();
    return connection;
  }

  /**
   * Starts accepting: {@link ConnectionEvent.Established} or {@link ConnectionEvent.Failed}
   * follows, except for datagrams, of which the accepting side hears no more.
   *
   * @param pair as {@link #accept}
   * @param parameters as {@link #accept}
   * @param timeout how long at most, while somebody awaits the manager's events
   * @return a connection to close after use
   * @throws ConnectionException if accepting cannot even start
   * @throws IllegalArgumentException as {@link #accept}
   * @throws IllegalStateException as {@link #accept}
   */
  public Connection startAccepting(
      QueuePair pair, ConnectionParameters parameters, Duration timeout)
      throws ConnectionException {
    return start(pair, parameters, timeout, false);
  }

  private Connection start(
      QueuePair pair, ConnectionParameters parameters, Duration timeout, boolean await)
      throws ConnectionException {
    boolean datagram = id.portSpace.isDatagram();
    parameters.privateData().requireRoom(PrivateData.Carrier.ACCEPTANCE, datagram);
    ConnectionManager owner = lock();
    try {
      requireDevice();
      QueuePairSteps.requireFit(id, pair);
      QueuePairSteps steps = new QueuePairSteps(id, pair);
      ConnectionParameters agreed = steps.agreed(parameters, peer);
      steps.prepare();
      try {
        if (!datagram) {
          steps.connect(agreed);
        }
        id.accept(pair, agreed, remote.toString());
      } catch (ConnectionException e) {
        if (!datagram) {
          steps.fail();
        }
        throw e;
      }
      Connection connection = new Connection(owner, id, pair, agreed, remote);
      connection.establishedAtOnce(peer, datagram);
      handOver(connection);
      if (!datagram) {
        connection.begin("rdma_accept", remote.toString(), timeout, await);
      }
      return connection;
    } catch (ConnectionException e) {
      release();
      throw e;
    } finally {
      owner.unlock();
    }
  }

  /**
   * Says no, and closes the request; see {@code man rdma_reject}.
   *
   * @param data what the peer gets to read in {@link ConnectionException#privateData}
   * @throws ConnectionException if the peer has gone away meanwhile
   * @throws IllegalArgumentException if there is too much private data
   * @throws IllegalStateException if this is closed or used up
   */
  public void reject(PrivateData data) throws ConnectionException {
    data.requireRoom(PrivateData.Carrier.REJECTION, id.portSpace.isDatagram());
    ConnectionManager owner = lock();
    try {
      requireOpen();
      id.reject(data, remote.toString());
    } finally {
      release();
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
    return "the request of " + remote;
  }
}
