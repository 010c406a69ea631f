package io.verbena.verbs;

/** The service of a queue pair; stands for {@code enum ibv_qp_type}. */
public enum QueuePairType {
  /** Reliable connection (RC): ordered, acknowledged; sends, writes, reads and atomics. */
  RELIABLE(2),
  /** Unreliable connection (UC): no acknowledgement; sends and writes. */
  UNRELIABLE(3),
  /** Unreliable datagram (UD): sends of at most one MTU, to any peer. */
  DATAGRAM(4);

  private final int code;

  QueuePairType(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
