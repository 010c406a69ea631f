package io.verbena.rdmacm;

import io.verbena.ffi.rdmacm.RdmaCm;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_ah_attr;
import io.verbena.ffi.verbs.ibv_gid;
import io.verbena.ffi.verbs.ibv_global_route;
import io.verbena.ffi.verbs.ibv_qp_attr;
import io.verbena.verbs.Access;
import io.verbena.verbs.AddressVector;
import io.verbena.verbs.DeviceAttributes;
import io.verbena.verbs.Gid;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairAttributes;
import io.verbena.verbs.QueuePairState;
import io.verbena.verbs.QueuePairTransition;
import io.verbena.verbs.QueuePairTransition.ToInit;
import io.verbena.verbs.QueuePairTransition.ToReceive;
import io.verbena.verbs.QueuePairTransition.ToSend;
import io.verbena.verbs.QueuePairType;
import io.verbena.verbs.TransportType;
import io.verbena.verbs.VerbsException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes a queue pair through its states with what the connection manager negotiated. librdmacm does
 * that itself for queue pairs that it made; ours are made like all others, so that they have the
 * owner and the accounting of all others.
 */
final class QueuePairSteps {
  private final CmId id;
  private final QueuePair pair;

  QueuePairSteps(CmId id, QueuePair pair) {
    this.id = id;
    this.pair = pair;
  }

  /** A queue pair that does not fit is the caller's mistake. */
  static void requireFit(CmId id, QueuePair pair) throws ConnectionException {
    if (id.device().transportType() == TransportType.IWARP) {
      throw ConnectionException.unavailable(
          id.device().name()
              + " speaks iWARP, whose queue pairs the connection manager changes by itself: use the"
              + " address of an InfiniBand or RoCE device");
    }
    QueuePairType type =
        id.portSpace.isDatagram() ? QueuePairType.DATAGRAM : QueuePairType.RELIABLE;
    if (pair.type() != type) {
      throw new IllegalArgumentException(
          "port space "
              + id.portSpace
              + " needs a queue pair of type "
              + type
              + ", not "
              + pair.type());
    }
    String wanted = id.device().name();
    String given = pair.domain().context().device().name();
    if (!wanted.equals(given)) {
      throw new IllegalArgumentException(
          "the way there is through "
              + wanted
              + ", and the queue pair is on "
              + given
              + ": create it on a context of device()");
    }
  }

  /** To INIT, so that receives can be posted; datagrams have no more to wait for. */
  void prepare() throws ConnectionException {
    try {
      QueuePairState state = pair.state();
      if (state == QueuePairState.RESET) {
        pair.modify(toInit(EnumSet.noneOf(Access.class)));
        state = QueuePairState.INIT;
      }
      if (id.portSpace.isDatagram() && state == QueuePairState.INIT) {
        pair.modify(new ToReceive(QueuePairAttributes.none()));
        pair.modify(new ToSend(QueuePairAttributes.none().withSendSequence(0)));
        state = QueuePairState.RTS;
      }
      if (state != (id.portSpace.isDatagram() ? QueuePairState.RTS : QueuePairState.INIT)) {
        throw new IllegalStateException(
            "the queue pair "
                + pair.number()
                + " is in "
                + state
                + ": a connection starts from RESET or INIT, go back with ToReset()");
      }
    } catch (VerbsException e) {
      throw ConnectionException.ofQueuePair("the queue pair cannot be prepared", e);
    }
  }

  /**
   * What can be asked for.
   *
   * @param peer of the side that accepts: what the peer has asked for
   * @throws IllegalArgumentException if the device cannot serve what was asked for
   */
  ConnectionParameters agreed(ConnectionParameters parameters, @Nullable PeerParameters peer)
      throws ConnectionException {
    if (id.portSpace.isDatagram()) {
      return parameters;
    }
    try {
      DeviceAttributes device = pair.domain().context().attributes();
      return parameters.within(device.maxReadAtomic(), device.maxInitiatedReadAtomic(), peer);
    } catch (VerbsException e) {
      throw ConnectionException.ofQueuePair("the queue pair cannot be connected", e);
    }
  }

  /** From INIT to RTS. The attributes of INIT are known better now than when it went there. */
  void connect(ConnectionParameters agreed) throws ConnectionException {
    try {
      pair.modify(toInit(agreed.access()));
      pair.modify(toReceive(agreed.responderResources()));
      pair.modify(toSend(agreed.initiatorDepth(), agreed.retryCount()));
    } catch (VerbsException e) {
      throw ConnectionException.ofQueuePair("the queue pair cannot be connected", e);
    }
  }

  /** Flushes what is queued; the queue pair may be closed already, or is the next to be. */
  void fail() {
    try {
      pair.modify(new QueuePairTransition.ToError());
    } catch (VerbsException | IllegalStateException e) {
      // Nothing moves any more then, which is all that was wanted.
    }
  }

  private ToInit toInit(Set<Access> served) throws ConnectionException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment mask = arena.allocate(ValueLayout.JAVA_INT);
      MemorySegment attr = id.queuePairAttributes(Verbs.IBV_QPS_INIT(), mask, arena);
      QueuePairAttributes attributes =
          QueuePairAttributes.none()
              .withPkeyIndex(ibv_qp_attr.pkey_index(attr) & 0xffff)
              .withPort(ibv_qp_attr.port_num(attr) & 0xff);
      if (id.portSpace.isDatagram()) {
        return new ToInit(attributes.withQueueKey(queueKey(attr, mask)));
      }
      EnumSet<Access> access = access(ibv_qp_attr.qp_access_flags(attr));
      access.retainAll(served);
      return new ToInit(attributes.withAccess(access));
    }
  }

  private static int queueKey(MemorySegment attr, MemorySegment mask) {
    boolean given = (mask.get(ValueLayout.JAVA_INT, 0) & Verbs.IBV_QP_QKEY()) != 0;
    return given ? ibv_qp_attr.qkey(attr) : RdmaCm.RDMA_UDP_QKEY();
  }

  private static EnumSet<Access> access(int flags) {
    EnumSet<Access> access = EnumSet.noneOf(Access.class);
    if ((flags & Verbs.IBV_ACCESS_REMOTE_WRITE()) != 0) {
      access.add(Access.REMOTE_WRITE);
    }
    if ((flags & Verbs.IBV_ACCESS_REMOTE_READ()) != 0) {
      access.add(Access.REMOTE_READ);
    }
    if ((flags & Verbs.IBV_ACCESS_REMOTE_ATOMIC()) != 0) {
      access.add(Access.REMOTE_ATOMIC);
    }
    return access;
  }

  private ToReceive toReceive(int served) throws ConnectionException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment mask = arena.allocate(ValueLayout.JAVA_INT);
      MemorySegment attr = id.queuePairAttributes(Verbs.IBV_QPS_RTR(), mask, arena);
      int asked = ibv_qp_attr.max_dest_rd_atomic(attr) & 0xff;
      return new ToReceive(
          QueuePairAttributes.none()
              .withAddressVector(vector(ibv_qp_attr.ah_attr(attr), ibv_qp_attr.port_num(attr)))
              .withPathMtu(128 << ibv_qp_attr.path_mtu(attr))
              .withPeerNumber(ibv_qp_attr.dest_qp_num(attr))
              .withReceiveSequence(ibv_qp_attr.rq_psn(attr))
              .withMaxServedReadAtomic(Math.min(asked, served))
              .withMinRnrTimer(ibv_qp_attr.min_rnr_timer(attr) & 0xff));
    }
  }

  private static AddressVector vector(MemorySegment attr, byte port) {
    MemorySegment route = ibv_ah_attr.grh(attr);
    int vectorPort = ibv_ah_attr.port_num(attr) & 0xff;
    return new AddressVector(
        vectorPort == 0 ? port & 0xff : vectorPort,
        ibv_global_route.sgid_index(route) & 0xff,
        ibv_ah_attr.dlid(attr) & 0xffff,
        Gid.of(ibv_gid.raw(ibv_global_route.dgid(route)).toArray(ValueLayout.JAVA_BYTE)),
        ibv_ah_attr.is_global(attr) != 0,
        ibv_ah_attr.sl(attr) & 0xff,
        ibv_global_route.traffic_class(route) & 0xff,
        ibv_global_route.hop_limit(route) & 0xff,
        ibv_global_route.flow_label(route),
        ibv_ah_attr.src_path_bits(attr) & 0xff,
        ibv_ah_attr.static_rate(attr) & 0xff);
  }

  /** The peer that connects says how often to retry, possibly for ever. */
  private ToSend toSend(int initiated, int retries) throws ConnectionException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment mask = arena.allocate(ValueLayout.JAVA_INT);
      MemorySegment attr = id.queuePairAttributes(Verbs.IBV_QPS_RTS(), mask, arena);
      int asked = ibv_qp_attr.max_rd_atomic(attr) & 0xff;
      return new ToSend(
          QueuePairAttributes.none()
              .withSendSequence(ibv_qp_attr.sq_psn(attr))
              .withTimeout(ibv_qp_attr.timeout(attr) & 0xff)
              .withRetryCount(Math.min(ibv_qp_attr.retry_cnt(attr) & 0xff, retries))
              .withRnrRetry(ibv_qp_attr.rnr_retry(attr) & 0xff)
              .withMaxReadAtomic(Math.min(asked, initiated)));
    }
  }
}
