package io.verbena.verbs;

/**
 * A shared receive queue as it was when it was asked; stands for {@code struct ibv_srq_attr}, see
 * {@code man ibv_query_srq}. Immutable.
 *
 * @param depth the receives that fit, as granted by the device
 * @param elements scatter-gather elements of one receive, as granted by the device
 * @param limit what {@link SharedReceiveQueue#arm} was called with; 0 when the event has come, or
 *     none is asked for
 */
public record SharedReceiveQueueAttributes(int depth, int elements, int limit) {}
