package io.verbena.verbs;

/**
 * An attribute that a state transition of a queue pair sets; stands for {@code enum
 * ibv_qp_attr_mask}, see {@code man ibv_modify_qp}.
 */
public enum QueuePairAttribute {
  /** The state that the caller believes the queue pair to be in. */
  CURRENT_STATE(1 << 1),
  /** Whether an event says that the send queue is drained. */
  DRAINED_NOTIFICATION(1 << 2),
  /** The remote operations that the queue pair serves. */
  ACCESS(1 << 3),
  /** The place of the partition key in the port's table. */
  PKEY_INDEX(1 << 4),
  /** The local port. */
  PORT(1 << 5),
  /** The key that datagrams must carry. */
  QUEUE_KEY(1 << 6),
  /** The path to the peer. */
  ADDRESS_VECTOR(1 << 7),
  /** The MTU of the path. */
  PATH_MTU(1 << 8),
  /** The acknowledgement timeout. */
  TIMEOUT(1 << 9),
  /** The retries when no acknowledgement comes. */
  RETRY_COUNT(1 << 10),
  /** The retries when the peer has no receive. */
  RNR_RETRY(1 << 11),
  /** The first packet sequence number that the peer sends. */
  RECEIVE_SEQUENCE(1 << 12),
  /** Reads and atomics under way from this side. */
  MAX_READ_ATOMIC(1 << 13),
  /** The alternate path. */
  ALTERNATE_PATH(1 << 14),
  /** The pause that this side asks for when it has no receive. */
  MIN_RNR_TIMER(1 << 15),
  /** The first packet sequence number that this side sends. */
  SEND_SEQUENCE(1 << 16),
  /** Reads and atomics that this side serves at a time. */
  MAX_SERVED_READ_ATOMIC(1 << 17),
  /** The state of path migration. */
  PATH_MIGRATION(1 << 18),
  /** The number of the peer's queue pair. */
  PEER_NUMBER(1 << 20);

  private final int mask;

  QueuePairAttribute(int mask) {
    this.mask = mask;
  }

  int mask() {
    return mask;
  }
}
