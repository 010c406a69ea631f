package io.verbena.verbs;

/** The service of a queue pair; stands for {@code enum ibv_qp_type}. */
public enum QueuePairType {
  /** Reliable connection (RC): ordered, acknowledged; sends, writes, reads and atomics. */
  RELIABLE(2),
  /** Unreliable connection (UC): no acknowledgement; sends and writes. */
  UNRELIABLE(3),
  /** Unreliable datagram (UD): sends of at most one MTU, to any peer. */
  DATAGRAM(4),
  /**
   * The sending end of an extended reliable connection (XRC): like {@link #RELIABLE} without
   * receives; each message names one of the peer's shared receive queues.
   */
  XRC_SEND(9),
  /**
   * The receiving end of an extended reliable connection (XRC_RECV): delivers to the shared receive
   * queues of its {@link XrcDomain}, takes no requests.
   */
  XRC_RECEIVE(10);

  private final int code;

  QueuePairType(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  boolean isXrc() {
    return this == XRC_SEND || this == XRC_RECEIVE;
  }
}
