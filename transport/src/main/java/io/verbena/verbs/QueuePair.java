package io.verbena.verbs;

import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_qp;
import io.verbena.ffi.verbs.ibv_qp_attr;
import io.verbena.ffi.verbs.ibv_qp_init_attr;
import io.verbena.verbs.QueuePairTransition.ToInit;
import io.verbena.verbs.QueuePairTransition.ToReceive;
import io.verbena.verbs.QueuePairTransition.ToSend;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * One end of a connection: a send queue and a receive queue; stands for {@code struct ibv_qp}, see
 * {@code man ibv_create_qp} and {@code man ibv_modify_qp}.
 *
 * {@snippet :
 * QueuePairAddress mine = pair.address(1, gidIndex);   // give it to the peer, get the peer's
 * pair.receives().receive(1, region, 0, 4096).submit();
 * pair.connect(theirs);
 * pair.sends().signaled().send(2, region, 4096, 16).submit();
 * }
 *
 * <p>When a request fails, the queue pair goes to {@link QueuePairState#ERR} and everything queued
 * completes with {@link WorkStatus#FLUSHED}: close it and make a new one, or reset it.
 *
 * <p>Threads: any; {@link #sends} and {@link #receives} each serve one thread at a time. Ownership:
 * by its {@link ProtectionDomain}, and closed with its completion queues too. Closing it with
 * requests in flight ends them: their completions are not reported any more.
 */
public final class QueuePair extends NativeObject {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final ProtectionDomain domain;
  private final QueuePairConfig config;
  private final int number;
  private final int inlineBytes;
  private final int packetSequence = RANDOM.nextInt(1 << 24);
  private final WorkRing sendRing;
  private final WorkRing receiveRing;
  private final SendBatch sends;
  private final ReceiveBatch receives;
  private final MulticastGroups groups = new MulticastGroups(this);
  private @Nullable QueuePairAddress local;

  QueuePair(
      ProtectionDomain domain, QueuePairConfig config, MemorySegment handle, int inlineBytes) {
    super(handle, domain, config.sendQueue(), config.receiveQueue());
    this.domain = domain;
    this.config = config;
    this.number = ibv_qp.qp_num(handle);
    this.inlineBytes = inlineBytes;
    int tag = domain.context().nextTag();
    this.sendRing = new WorkRing(config.sendDepth(), tag);
    this.receiveRing = new WorkRing(config.receiveDepth(), tag);
    this.sends = new SendBatch(this, sendRing, config.sendElements(), inlineBytes);
    this.receives = new ReceiveBatch(this, receiveRing, config.receiveElements());
  }

  /**
   * The domain whose memory the queue pair reaches.
   *
   * @return the owner
   */
  public ProtectionDomain domain() {
    return domain;
  }

  /**
   * The service.
   *
   * @return the type that it was created with
   */
  public QueuePairType type() {
    return config.type();
  }

  /**
   * The number that the adapter gave to the queue pair.
   *
   * @return 24 bits
   */
  public int number() {
    return number;
  }

  /**
   * The requests of the send queue that may be outstanding.
   *
   * @return as many as were asked for, even if the device has room for more
   */
  public int sendDepth() {
    return config.sendDepth();
  }

  /**
   * The receives that may be outstanding.
   *
   * @return as many as were asked for, even if the device has room for more
   */
  public int receiveDepth() {
    return config.receiveDepth();
  }

  /**
   * The longest message that {@link SendBatch#inline} takes, as granted by the device.
   *
   * @return bytes, at least as many as were asked for
   */
  public int inlineBytes() {
    return inlineBytes;
  }

  /**
   * Sends, writes, reads and atomics.
   *
   * @return the queue pair's one batch
   */
  public SendBatch sends() {
    return sends;
  }

  /**
   * Receives.
   *
   * @return the queue pair's one batch
   */
  public ReceiveBatch receives() {
    return receives;
  }

  WorkRing ring(boolean receive) {
    return receive ? receiveRing : sendRing;
  }

  /**
   * The state, asked of the device: it goes to ERR by itself. See {@code man ibv_query_qp}.
   *
   * @return the state
   * @throws VerbsException if the device does not answer
   * @throws IllegalStateException if the queue pair is closed
   */
  public QueuePairState state() throws VerbsException {
    lock.lock();
    try (Arena arena = Arena.ofConfined()) {
      requireOpen();
      MemorySegment attributes = ibv_qp_attr.allocate(arena);
      MemorySegment init = ibv_qp_init_attr.allocate(arena);
      int result = Verbs.ibv_query_qp(handle, attributes, Abi.QP_STATE_MASK, init);
      if (result != 0) {
        throw VerbsException.of("ibv_query_qp", description(), Math.abs(result));
      }
      return QueuePairState.of(ibv_qp_attr.qp_state(attributes));
    } finally {
      lock.unlock();
    }
  }

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
      Context context = domain.context();
      PortAttributes attributes = context.port(port);
      if (attributes.state() != PortState.ACTIVE) {
        throw new IllegalStateException(
            context.device().name()
                + " port "
                + port
                + " is "
                + attributes.state()
                + ", not ACTIVE: check the link, and on InfiniBand the subnet manager");
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
              number,
              packetSequence,
              attributes.lid(),
              gid,
              port,
              gidIndex,
              attributes.activeMtuBytes(),
              attributes.linkLayer());
      if (type() == QueuePairType.DATAGRAM) {
        sends.longestDatagram = attributes.activeMtuBytes();
      }
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
              type(),
              mine,
              remote,
              options,
              domain.context().attributes(),
              domain.context().port(mine.port()));
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
      boolean routeHeader = domain.context().port(mine.port()).routeHeaderRequired();
      return domain.createAddressHandle(
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

  /**
   * Changes the state, after checking the attributes against the specification's table.
   *
   * @param transition where to go
   * @throws VerbsException if the device refuses
   * @throws IllegalArgumentException if an attribute is missing or does not belong there: names it
   * @throws IllegalStateException if there is no such transition from the present state, or the
   *     queue pair is closed
   */
  public void modify(QueuePairTransition transition) throws VerbsException {
    lock.lock();
    try (Arena arena = Arena.ofConfined()) {
      requireOpen();
      QueuePairState from = state();
      TransitionTable.check(type(), from, transition);
      int result = Transitions.modify(handle, transition, arena);
      if (result != 0) {
        throw VerbsException.of(
            "ibv_modify_qp",
            from
                + " to "
                + transition.target()
                + (transition.attributes().present().isEmpty() ? "" : ", ")
                + transition.attributes(),
            Math.abs(result));
      }
      if (transition.target() == QueuePairState.RESET) {
        forgetOutstanding();
        int tag = domain.context().nextTag();
        sendRing.reset(tag);
        receiveRing.reset(tag);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Completions that the device has made already stay in the queues until somebody polls. */
  private void forgetOutstanding() {
    config.sendQueue().leave(sendRing.outstanding());
    config.receiveQueue().leave(receiveRing.outstanding());
  }

  @Override
  UseGuard[] guards() {
    return new UseGuard[] {sends, receives};
  }

  @Override
  @Nullable VerbsException destroy() {
    // Destroying ends what is in flight: once it returns, the adapter touches no memory for this
    // queue pair any more. Going to ERR first would only make completions that nobody can get.
    try {
      groups.detachAll();
    } catch (VerbsException e) {
      return e;
    }
    VerbsException failure = destroyed("ibv_destroy_qp", Verbs.ibv_destroy_qp(handle));
    config.sendQueue().detach(this);
    config.receiveQueue().detach(this);
    if (failure == null) {
      forgetOutstanding();
      config.sendQueue().unreserve(config.sendDepth());
      config.receiveQueue().unreserve(config.receiveDepth());
    }
    return failure;
  }

  @Override
  String description() {
    return "the queue pair " + number + " on " + domain.context().device().name();
  }
}
