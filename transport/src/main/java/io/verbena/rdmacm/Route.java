package io.verbena.rdmacm;

import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.VerbsException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way to a listener, from which a connection is made: knows the device that leads there. See
 * {@code man rdma_resolve_addr} and {@code man rdma_resolve_route}.
 *
 * <p>Threads: any. Ownership: by its {@link ConnectionManager}; connecting uses it up.
 */
public final class Route extends CommunicationIdentifier {
  private final InetSocketAddress remote;
  private final List<MulticastMembership> memberships = new ArrayList<>();
  private @Nullable MulticastMembership joining;
  private long joins;
  private boolean resolved;

  private Route(ConnectionManager manager, CmId id, InetSocketAddress remote) {
    super(manager, id);
    this.remote = remote;
  }

  /** With the lock. */
  static Route start(
      ConnectionManager manager,
      EventChannel channel,
      InetSocketAddress remote,
      AddressOptions options,
      Duration timeout,
      boolean await)
      throws ConnectionException {
    SocketAddresses.requireResolved(remote);
    if (options.source().isPresent()) {
      SocketAddresses.requireResolved(options.source().get());
    }
    Route route = new Route(manager, CmId.create(channel, options.portSpace()), remote);
    manager.register(route);
    boolean started = false;
    try {
      route.id.setOptions(options);
      route.begin("rdma_resolve_addr", remote.toString(), timeout, await);
      route.id.resolveAddress(options, remote, route.millisLeft());
      started = true;
      return route;
    } finally {
      if (!started) {
        route.release();
      }
    }
  }

  @Override
  void handle(CmEvent event) {
    switch (event.type()) {
      case CmEvent.ADDR_RESOLVED -> addressResolved();
      case CmEvent.ROUTE_RESOLVED -> succeed();
      case CmEvent.MULTICAST_JOIN -> joined(event);
      case CmEvent.MULTICAST_ERROR -> lost(event);
      default -> handleOther(event);
    }
  }

  private void addressResolved() {
    if (!isPending()) {
      return;
    }
    if (remote.getAddress().isMulticastAddress()) {
      // A group has no route: joining it finds the way.
      succeed();
      return;
    }
    try {
      goOn("rdma_resolve_route");
      id.resolveRoute(remote, millisLeft());
    } catch (ConnectionException e) {
      fail(e);
    }
  }

  private void succeed() {
    if (isPending()) {
      resolved = true;
      succeed(new ConnectionEvent.RouteResolved(this));
    }
  }

  /**
   * The device that leads there.
   *
   * @return the device: queue pairs have to be made on a context of it
   * @throws IllegalStateException if this is closed or used up, or the address is not resolved yet
   */
  public Device device() {
    return findDevice();
  }

  /**
   * An opened {@link #device}, see {@link ConnectionManager#context}.
   *
   * @return the manager's context; not to be closed after use
   * @throws VerbsException if the device cannot be opened
   * @throws IllegalStateException if this is closed or used up, or the address is not resolved yet
   */
  public Context context() throws VerbsException {
    return openContext();
  }

  /**
   * The port of the {@link #device}.
   *
   * @return the port, counted from 1
   * @throws IllegalStateException if this is closed or used up, or the address is not resolved yet
   */
  public int port() {
    return findPort();
  }

  /**
   * Where it leads to.
   *
   * @return the address that was asked for
   */
  public InetSocketAddress remoteAddress() {
    return remote;
  }

  /**
   * Brings a queue pair to INIT, so that receives can be posted before the connection is there:
   * what the peer sends first may come with the end of {@link #connect}. Connecting does it too.
   * Datagram queue pairs are brought to RTS.
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
   * Connects, and waits until the connection is there; see {@code man rdma_connect}. The queue pair
   * is then in RTS. On failure this route is closed; the queue pair can be used again from RESET.
   *
   * @param pair a queue pair on the {@link #device}, in RESET or INIT; for datagrams also in RTS
   * @param parameters what this side asks for
   * @param timeout how long at most; the connection manager itself would try for more than a minute
   * @return a connection to close after use
   * @throws ConnectionException if nobody listens, the peer says no, the time is over, or the queue
   *     pair cannot be connected: see {@link ConnectionException#failure}
   * @throws IllegalArgumentException if the queue pair is of another device or of the wrong type,
   *     there is too much private data, or the device cannot do what the parameters ask for
   * @throws IllegalStateException if this or the queue pair is closed, the queue pair is in another
   *     state, or this leads to a multicast group
   */
  public Connection connect(QueuePair pair, ConnectionParameters parameters, Duration timeout)
      throws ConnectionException {
    Connection connection = start(pair, parameters, timeout, true);
    connection.awaitOutcomeOrClose();
    return connection;
  }

  /**
   * Starts connecting: {@link ConnectionEvent.Established} or {@link ConnectionEvent.Failed}
   * follows.
   *
   * @param pair as {@link #connect}
   * @param parameters as {@link #connect}
   * @param timeout how long at most, while somebody awaits the manager's events
   * @return a connection to close after use
   * @throws ConnectionException if connecting cannot even start
   * @throws IllegalArgumentException as {@link #connect}
   * @throws IllegalStateException as {@link #connect}
   */
  public Connection startConnecting(
      QueuePair pair, ConnectionParameters parameters, Duration timeout)
      throws ConnectionException {
    return start(pair, parameters, timeout, false);
  }

  private Connection start(
      QueuePair pair, ConnectionParameters parameters, Duration timeout, boolean await)
      throws ConnectionException {
    parameters.privateData().requireRoom(PrivateData.Carrier.REQUEST, id.portSpace.isDatagram());
    ConnectionManager owner = lock();
    try {
      requireOpen();
      if (!resolved) {
        throw new IllegalStateException(
            description() + " is not resolved yet: wait for ConnectionEvent.RouteResolved");
      }
      if (remote.getAddress().isMulticastAddress()) {
        throw new IllegalStateException(description() + " leads to a group: use join()");
      }
      requireDevice();
      QueuePairSteps.requireFit(id, pair);
      QueuePairSteps steps = new QueuePairSteps(id, pair);
      ConnectionParameters agreed = steps.agreed(parameters, null);
      steps.prepare();
      Connection connection = new Connection(owner, id, pair, agreed, remote);
      id.connect(pair, agreed, remote.toString());
      handOver(connection);
      connection.begin("rdma_connect", remote.toString(), timeout, await);
      return connection;
    } catch (ConnectionException e) {
      release();
      throw e;
    } finally {
      owner.unlock();
    }
  }

  /**
   * Joins the multicast group that this route leads to, and waits until it is done, see {@link
   * #join(InetAddress, QueuePair, boolean, Duration)}.
   *
   * @param pair a datagram queue pair on the {@link #device}
   * @param timeout how long at most
   * @return a membership to close after use
   * @throws ConnectionException if the group cannot be joined, or the time is over
   * @throws IllegalArgumentException if the queue pair is of another device or of the wrong type
   * @throws IllegalStateException if this or the queue pair is closed, or this does not lead to a
   *     group
   */
  public MulticastMembership join(QueuePair pair, Duration timeout) throws ConnectionException {
    return join(remote.getAddress(), pair, false, timeout);
  }

  /**
   * Joins a multicast group over the device of this route, brings the queue pair to RTS and
   * attaches it to the group; see {@code man rdma_join_multicast_ex}.
   *
   * @param group the group's address
   * @param pair a datagram queue pair on the {@link #device}
   * @param sendOnly whether the queue pair only sends there and receives nothing
   * @param timeout how long at most
   * @return a membership to close after use
   * @throws ConnectionException if the group cannot be joined, or the time is over
   * @throws IllegalArgumentException if the queue pair is of another device or of the wrong type,
   *     or the address is not one of a group
   * @throws IllegalStateException if this or the queue pair is closed, or this does not lead to a
   *     group
   */
  public MulticastMembership join(
      InetAddress group, QueuePair pair, boolean sendOnly, Duration timeout)
      throws ConnectionException {
    MulticastMembership membership = startJoining(group, pair, sendOnly, timeout, true);
    boolean done = false;
    try {
      awaitOutcome();
      done = true;
      return membership;
    } finally {
      if (!done) {
        membership.close();
      }
    }
  }

  /**
   * Starts joining a multicast group: {@link ConnectionEvent.Joined} or {@link
   * ConnectionEvent.Failed} follows.
   *
   * @param group as {@link #join}
   * @param pair as {@link #join}
   * @param sendOnly as {@link #join}
   * @param timeout how long at most, while somebody awaits the manager's events
   * @return a membership to close after use
   * @throws ConnectionException if joining cannot even start
   * @throws IllegalArgumentException as {@link #join}
   * @throws IllegalStateException as {@link #join}
   */
  public MulticastMembership startJoining(
      InetAddress group, QueuePair pair, boolean sendOnly, Duration timeout)
      throws ConnectionException {
    return startJoining(group, pair, sendOnly, timeout, false);
  }

  private MulticastMembership startJoining(
      InetAddress group, QueuePair pair, boolean sendOnly, Duration timeout, boolean await)
      throws ConnectionException {
    if (!group.isMulticastAddress()) {
      throw new IllegalArgumentException(group + " is not the address of a multicast group");
    }
    ConnectionManager owner = lock();
    try {
      requireOpen();
      if (!resolved || !id.portSpace.isDatagram() || !remote.getAddress().isMulticastAddress()) {
        throw new IllegalStateException(
            description()
                + " does not lead to a group: resolve the group's address with PortSpace.UDP");
      }
      requireNothingPending();
      requireDevice();
      QueuePairSteps.requireFit(id, pair);
      new QueuePairSteps(id, pair).prepare();
      MulticastMembership membership =
          new MulticastMembership(++joins, this, new InetSocketAddress(group, 0), pair, sendOnly);
      id.joinMulticast(membership.address(), sendOnly, membership.number);
      memberships.add(membership);
      joining = membership;
      begin("rdma_join_multicast_ex", group.toString(), timeout, await);
      return membership;
    } finally {
      owner.unlock();
    }
  }

  private void joined(CmEvent event) {
    MulticastMembership membership = joining;
    DatagramPeer members = event.datagramPeer();
    if (membership == null || membership.number != event.membership() || members == null) {
      // Of one that was given up, at its deadline.
      return;
    }
    joining = null;
    try {
      membership.joined(members);
      succeed(new ConnectionEvent.Joined(this, membership));
    } catch (VerbsException | IllegalStateException e) {
      fail(ConnectionException.ofQueuePair("the queue pair cannot be attached to the group", e));
    }
  }

  private void lost(CmEvent event) {
    ConnectionException failure = ConnectionException.ofEvent(event, description());
    for (MulticastMembership each : memberships) {
      if (each.number != event.membership()) {
        continue;
      }
      if (each == joining) {
        fail(failure);
      } else {
        manager().announce(new ConnectionEvent.MembershipLost(this, each, failure));
      }
      return;
    }
  }

  @Override
  void onFailure() {
    joining = null;
  }

  /** With the lock. */
  void leave(MulticastMembership membership) {
    if (memberships.remove(membership)) {
      if (joining == membership) {
        joining = null;
        abandon();
      }
      try {
        id.leaveMulticast(membership.address());
      } catch (ConnectionException e) {
        // The kernel refuses only what it does not know: the membership has ended.
      }
    }
  }

  @Override
  void beforeClose() {
    for (MulticastMembership membership : List.copyOf(memberships)) {
      membership.end();
    }
  }

  @Override
  String description() {
    return "the route to " + remote;
  }
}
