package io.verbena.verbs;

/**
 * The state of a queue pair; stands for {@code enum ibv_qp_state}, see {@code man ibv_modify_qp}.
 */
public enum QueuePairState {
  /** Just created, or reset: takes no requests. */
  RESET(0),
  /** Has a port; receives may be posted, nothing moves. */
  INIT(1),
  /** Ready to receive: knows its peer and serves it. */
  RTR(2),
  /** Ready to send: fully connected. */
  RTS(3),
  /** The send queue is being drained. */
  SQD(4),
  /** The send queue failed; unreliable types only. */
  SQE(5),
  /** Failed: every request, queued or new, completes with {@link WorkStatus#FLUSHED}. */
  ERR(6),
  /** A number that this version does not know. */
  UNKNOWN(7);

  private static final QueuePairState[] BY_CODE = values();

  private final int code;

  QueuePairState(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  static QueuePairState of(int code) {
    return code >= 0 && code < BY_CODE.length - 1 ? BY_CODE[code] : UNKNOWN;
  }
}
