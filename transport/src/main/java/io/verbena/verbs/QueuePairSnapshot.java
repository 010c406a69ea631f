package io.verbena.verbs;

import io.verbena.ffi.verbs.ibv_qp_attr;
import io.verbena.ffi.verbs.ibv_qp_cap;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A queue pair as it was when it was asked; stands for {@code struct ibv_qp_attr}, see {@code man
 * ibv_query_qp}. What was never set, or does not belong to the type, says nothing. Immutable.
 *
 * @param state the state
 * @param draining whether requests are still being carried out in {@link QueuePairState#SQD}
 * @param port the local port, counted from 1; 0 before INIT
 * @param pkeyIndex the place of the partition key in the port's table
 * @param access the remote operations that the queue pair serves
 * @param queueKey the key that datagrams must carry
 * @param pathMtuBytes the MTU of the path, in bytes; 0 if there is none
 * @param peerNumber the peer's queue pair, 24 bits
 * @param receiveSequence the first packet sequence number that the peer sends, or the next one
 * @param sendSequence the first packet sequence number that this side sends, or the next one
 * @param path the way to the peer; null if there is none
 * @param alternatePath the way that takes over if that fails; null if there is none
 * @param alternatePkeyIndex the partition key of the alternate path
 * @param alternateTimeout the acknowledgement timeout of the alternate path
 * @param pathMigration whether the alternate path may take over
 * @param maxReadAtomic reads and atomics under way from this side
 * @param maxServedReadAtomic reads and atomics that this side serves at a time
 * @param minRnrTimer the code of the pause that this side asks for when it has no receive
 * @param timeout the exponent of the acknowledgement timeout, see {@link ConnectOptions#timeout}
 * @param retryCount the retries when no acknowledgement comes
 * @param rnrRetry the retries when the peer has no receive
 * @param sendDepth the requests that fit, as granted by the device
 * @param receiveDepth the receives that fit, as granted by the device
 * @param sendElements scatter-gather elements of one request, as granted by the device
 * @param receiveElements scatter-gather elements of one receive, as granted by the device
 * @param inlineBytes the longest inline message, in bytes, as granted by the device
 * @param rateLimitKilobitsPerSecond what the queue pair is slowed down to; 0 for no limit
 */
public record QueuePairSnapshot(
    QueuePairState state,
    boolean draining,
    int port,
    int pkeyIndex,
    Set<Access> access,
    int queueKey,
    int pathMtuBytes,
    int peerNumber,
    int receiveSequence,
    int sendSequence,
    @Nullable AddressVector path,
    @Nullable AddressVector alternatePath,
    int alternatePkeyIndex,
    int alternateTimeout,
    PathMigration pathMigration,
    int maxReadAtomic,
    int maxServedReadAtomic,
    int minRnrTimer,
    int timeout,
    int retryCount,
    int rnrRetry,
    int sendDepth,
    int receiveDepth,
    int sendElements,
    int receiveElements,
    int inlineBytes,
    int rateLimitKilobitsPerSecond) {

  static QueuePairSnapshot of(MemorySegment attr) {
    MemorySegment cap = ibv_qp_attr.cap(attr);
    return new QueuePairSnapshot(
        QueuePairState.of(ibv_qp_attr.qp_state(attr)),
        ibv_qp_attr.sq_draining(attr) != 0,
        ibv_qp_attr.port_num(attr) & 0xff,
        ibv_qp_attr.pkey_index(attr) & 0xffff,
        Access.of(ibv_qp_attr.qp_access_flags(attr)),
        ibv_qp_attr.qkey(attr),
        Mtu.bytes(ibv_qp_attr.path_mtu(attr)),
        ibv_qp_attr.dest_qp_num(attr),
        ibv_qp_attr.rq_psn(attr),
        ibv_qp_attr.sq_psn(attr),
        path(ibv_qp_attr.ah_attr(attr)),
        path(ibv_qp_attr.alt_ah_attr(attr)),
        ibv_qp_attr.alt_pkey_index(attr) & 0xffff,
        ibv_qp_attr.alt_timeout(attr) & 0xff,
        PathMigration.of(ibv_qp_attr.path_mig_state(attr)),
        ibv_qp_attr.max_rd_atomic(attr) & 0xff,
        ibv_qp_attr.max_dest_rd_atomic(attr) & 0xff,
        ibv_qp_attr.min_rnr_timer(attr) & 0xff,
        ibv_qp_attr.timeout(attr) & 0xff,
        ibv_qp_attr.retry_cnt(attr) & 0xff,
        ibv_qp_attr.rnr_retry(attr) & 0xff,
        ibv_qp_cap.max_send_wr(cap),
        ibv_qp_cap.max_recv_wr(cap),
        ibv_qp_cap.max_send_sge(cap),
        ibv_qp_cap.max_recv_sge(cap),
        ibv_qp_cap.max_inline_data(cap),
        ibv_qp_attr.rate_limit(attr));
  }

  private static @Nullable AddressVector path(MemorySegment attr) {
    AddressVector vector = AddressVector.of(attr);
    return vector.port() == 0 ? null : vector;
  }
}
