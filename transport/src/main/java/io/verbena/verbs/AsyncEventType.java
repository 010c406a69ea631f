package io.verbena.verbs;

/**
 * What happened without a request of ours; stands for {@code enum ibv_event_type}, see {@code man
 * ibv_get_async_event}.
 */
public enum AsyncEventType {
  /**
   * A completion queue ran over or failed: completions are lost, and every queue pair that
   * completes there is unusable, though some devices leave it in RTS. Close them all.
   */
  COMPLETION_QUEUE_ERROR,
  /** A queue pair failed for a reason of its own and is in ERR. */
  QUEUE_PAIR_FATAL,
  /** A peer's request was invalid; the queue pair is in ERR. */
  QUEUE_PAIR_REQUEST_ERROR,
  /** A peer's request had no right to the memory that it named; the queue pair is in ERR. */
  QUEUE_PAIR_ACCESS_ERROR,
  /** The first packet came to a queue pair that is still in RTR: the peer is ready. */
  COMMUNICATION_ESTABLISHED,
  /** A queue pair on its way to SQD has finished what it had begun. */
  SEND_QUEUE_DRAINED,
  /** The connection goes over its alternate path now. */
  PATH_MIGRATED,
  /** The connection could not change to its alternate path. */
  PATH_MIGRATION_ERROR,
  /** The adapter failed or is being removed: close the context; nothing of it works any more. */
  DEVICE_FATAL,
  /** A port went to ACTIVE. Queue pairs that failed meanwhile stay in ERR: connect anew. */
  PORT_ACTIVE,
  /** A port left ACTIVE: its link is down, or the subnet manager has withdrawn it. */
  PORT_ERROR,
  /** A port's LID changed: addresses that peers were given before do not lead here any more. */
  LID_CHANGE,
  /** A port's table of partition keys changed: look indexes up again. */
  PKEY_CHANGE,
  /** Another subnet manager has taken over. */
  SUBNET_MANAGER_CHANGE,
  /** A shared receive queue failed: so do all queue pairs that receive from it. */
  SHARED_RECEIVE_QUEUE_ERROR,
  /** A shared receive queue has fewer receives left than its limit: post more, set it again. */
  SHARED_RECEIVE_QUEUE_LIMIT_REACHED,
  /** A queue pair in ERR will take no more receives from its shared receive queue. */
  LAST_REQUEST_REACHED,
  /** The subnet manager wants multicast groups and other subscriptions to be joined again. */
  CLIENT_REREGISTER,
  /** A port's GID table changed: look indexes up again. */
  GID_CHANGE,
  /** A work queue, which this library does not create, failed. */
  WORK_QUEUE_FATAL,
  /** A number that this version does not know. */
  UNKNOWN;

  private static final AsyncEventType[] BY_CODE = values();

  static AsyncEventType of(int code) {
    return code >= 0 && code < BY_CODE.length - 1 ? BY_CODE[code] : UNKNOWN;
  }
}
