package io.verbena.rdmacm;

/**
 * What the peer of a connection asked for; stands for {@code struct rdma_conn_param} in an event,
 * see {@code man rdma_get_cm_event}. Immutable.
 *
 * @param responderResources reads and atomics that the peer wants this side to serve at a time
 * @param initiatorDepth reads and atomics that the peer serves at a time
 * @param flowControl whether the peer's hardware does flow control
 * @param retryCount how often the peer wants requests to be retried without acknowledgement; of a
 *     request only
 * @param rnrRetryCount how often the peer wants requests to be retried when no receive is posted
 * @param sharedReceiveQueue whether the peer's queue pair has one
 * @param queuePairNumber the number of the peer's queue pair
 */
public record PeerParameters(
    int responderResources,
    int initiatorDepth,
    boolean flowControl,
    int retryCount,
    int rnrRetryCount,
    boolean sharedReceiveQueue,
    int queuePairNumber) {}
