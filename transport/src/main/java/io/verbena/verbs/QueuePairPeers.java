package io.verbena.verbs;

import io.verbena.cause.Cause;
import io.verbena.verbs.QueuePairTransition.ToInit;
import io.verbena.verbs.QueuePairTransition.ToReceive;
import io.verbena.verbs.QueuePairTransition.ToSend;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/** The side of {@link QueuePair} that brings it together with others: addresses, connecting. */
abstract class QueuePairPeers extends QueuePairStates {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final int packetSequence = RANDOM.nextInt(1 << 24);
  private final MulticastGroups groups = new MulticastGroups(this);
  private @Nullable QueuePairAddress local;

  QueuePairPeers(MemorySegment handle, NativeObject... owners) {
    super(handle, owners);
  }

  abstract ProtectionDomain domain();

  /**
   * What a peer needs to connect; chooses this side's port and GID for {@link #connect}.
   *
   * @param port the port, counted from 1
   * @param gidIndex the place in the port's GID table, see {@link Context#gids}
   * @return a value to give to the peer; its packet sequence number is chosen once per queue pair
   * @throws VerbsException if the device does not answer
   * @throws IllegalArgumentException if there is no such port, or the place in the table is empty
   * @throws IllegalStateException if the queue pair is closed, or the port is not active
   */
  public QueuePairAddress address(int port, int gidIndex) throws VerbsException {
    lock.lock();
    try {
      requireOpen();
      Context context = context();
      PortAttributes attributes = context.port(port);
      if (attributes.state() != PortState.ACTIVE) {
        throw new IllegalStateException(
            context.device().name()
                + " port "
                + port
                + " is "
                + attributes.state()
                + ", not ACTIVE: "
                + Cause.NOT_ACTIVE.cure());
      }
      if (gidIndex < 0 || gidIndex >= attributes.gidTableLength()) {
        throw new IllegalArgumentException(
            "port " + port + " has " + attributes.gidTableLength() + " GIDs, none at " + gidIndex);
      }
      Gid gid = context.gid(port, gidIndex);
      if (gid.isZero()) {
        throw new IllegalArgumentException(
            "port " + port + " has no GID at " + gidIndex + ": choose from gids(" + port + ")");
      }
      local =
          new QueuePairAddress(
              number(),
              packetSequence,
              attributes.lid(),
              gid,
              port,
              gidIndex,
              attributes.activeMtuBytes(),
              attributes.linkLayer());
      knowMtu(attributes.activeMtuBytes());
      return local;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Connects with the default options, see {@link #connect(QueuePairAddress, ConnectOptions)}.
   *
   * @param remote the peer's address
   * @throws VerbsException if the device refuses
   * @throws IllegalArgumentException if the peer speaks another link layer
   * @throws IllegalStateException if the queue pair is closed, {@link QueuePairType#DATAGRAM} or
   *     not in RESET, or {@link #address} was not called
   */
  public void connect(QueuePairAddress remote) throws VerbsException {
    connect(remote, ConnectOptions.defaults());
  }

  /**
   * Makes the transitions to INIT, RTR and RTS. Sends nothing: whether the peer is there shows with
   * the first request. The peer must connect to this side as well, in any order. After a failure,
   * go back with {@link QueuePairTransition.ToReset}.
   *
   * @param remote the peer's address
   * @param options how the connection behaves
   * @throws VerbsException if the device refuses
   * @throws IllegalArgumentException if the peer speaks another link layer
   * @throws IllegalStateException if the queue pair is closed, {@link QueuePairType#DATAGRAM} or
   *     not in RESET, or {@link #address} was not called
   */
  public void connect(QueuePairAddress remote, ConnectOptions options) throws VerbsException {
    lock.lock();
    try {
      if (type() == QueuePairType.DATAGRAM) {
        throw new IllegalStateException(
            description()
                + " is DATAGRAM and has no one peer: activate(queueKey), then say to() for each"
                + " send");
      }
      QueuePairAddress mine = localAddress();
      ConnectPlan plan =
          new ConnectPlan(
              type(), mine, remote, options, context().attributes(), context().port(mine.port()));
      modify(plan.toInit());
      modify(plan.toReceive());
      modify(plan.toSend());
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes a datagram queue pair ready with the default options, see {@link #activate(int,
   * ConnectOptions)}.
   *
   * @param queueKey what peers must know to send here, 32 bits; without the highest one, which is
   *     for privileged keys
   * @throws VerbsException if the device refuses
   * @throws IllegalStateException if the queue pair is closed, not {@link QueuePairType#DATAGRAM}
   *     or not in RESET, or {@link #address} was not called
   */
  public void activate(int queueKey) throws VerbsException {
    activate(queueKey, ConnectOptions.defaults());
  }

  /**
   * Makes a datagram queue pair ready: to INIT, RTR and RTS on the port of {@link #address}. It can
   * then receive from anybody who knows its number and queue key, and send with {@link
   * SendBatch#to}. After a failure, go back with {@link QueuePairTransition.ToReset}.
   *
   * @param queueKey what peers must know to send here, 32 bits; without the highest one, which is
   *     for privileged keys
   * @param options only the partition key counts
   * @throws VerbsException if the device refuses
   * @throws IllegalStateException if the queue pair is closed, not {@link QueuePairType#DATAGRAM}
   *     or not in RESET, or {@link #address} was not called
   */
  public void activate(int queueKey, ConnectOptions options) throws VerbsException {
    lock.lock();
    try {
      if (type() != QueuePairType.DATAGRAM) {
        throw new IllegalStateException(
            description() + " is " + type() + ": connect(remote) brings it to its peer");
      }
      QueuePairAddress mine = localAddress();
      modify(
          new ToInit(
              QueuePairAttributes.none()
                  .withPkeyIndex(options.pkeyIndex())
                  .withPort(mine.port())
                  .withQueueKey(queueKey)));
      modify(new ToReceive(QueuePairAttributes.none()));
      modify(new ToSend(QueuePairAttributes.none().withSendSequence(packetSequence)));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Prepares sending datagrams to a peer, from the port and GID of {@link #address}.
   *
   * @param remote the peer's address; its number goes into {@link SendBatch#to} for each send
   * @return a handle to close after use
   * @throws VerbsException if the device refuses, for instance because there is no route to the GID
   * @throws IllegalArgumentException if the peer speaks another link layer
   * @throws IllegalStateException if the queue pair is closed, or {@link #address} was not called
   */
  public AddressHandle createAddressHandle(QueuePairAddress remote) throws VerbsException {
    lock.lock();
    try {
      QueuePairAddress mine = localAddress();
      boolean routeHeader = context().port(mine.port()).routeHeaderRequired();
      return domain()
          .createAddressHandle(
              AddressVector.between(mine, remote, ConnectOptions.defaults(), routeHeader));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Receives what is sent to a multicast group from now on; see {@code man ibv_attach_mcast}. The
   * switches must know that the port is a member: {@code rdma_join_multicast} tells them; between
   * queue pairs of one adapter it works without.
   *
   * @param group the group's GID
   * @param lid the group's LID, 0 on Ethernet
   * @throws VerbsException if the device refuses
   * @throws IllegalArgumentException if the GID is not one of a group
   * @throws IllegalStateException if the queue pair is closed, not {@link QueuePairType#DATAGRAM},
   *     or attached already
   */
  public void attachMulticast(Gid group, int lid) throws VerbsException {
    lock.lock();
    try {
      requireOpen();
      groups.attach(group, lid);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends {@link #attachMulticast}; closing does it too.
   *
   * @param group the group's GID
   * @param lid the group's LID, 0 on Ethernet
   * @throws VerbsException if the device refuses
   * @throws IllegalStateException if the queue pair is closed or not attached
   */
  public void detachMulticast(Gid group, int lid) throws VerbsException {
    lock.lock();
    try {
      requireOpen();
      groups.detach(group, lid);
    } finally {
      lock.unlock();
    }
  }

  private QueuePairAddress localAddress() {
    requireOpen();
    QueuePairAddress mine = local;
    if (mine == null) {
      throw new IllegalStateException(
          "call address(port, gidIndex) first: it chooses the port and GID");
    }
    return mine;
  }

  final void leaveGroups() throws VerbsException {
    groups.detachAll();
  }
}
