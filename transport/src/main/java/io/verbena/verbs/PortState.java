package io.verbena.verbs;

/**
 * The logical state of a port; stands for {@code enum ibv_port_state}, see {@code man
 * ibv_query_port}. Only {@link #ACTIVE} carries traffic.
 */
public enum PortState {
  /** The port does not change its state. */
  NOP,
  /** No link: a cable, the peer or the interface is down. */
  DOWN,
  /** The link is up, the subnet manager has not configured it yet. */
  INIT,
  /** Configured, not yet activated. */
  ARMED,
  /** Carries traffic. */
  ACTIVE,
  /** Active, with the link going through an error recovery. */
  ACTIVE_DEFER,
  /** A number that this version does not know. */
  UNKNOWN;

  private static final PortState[] BY_CODE = values();

  static PortState of(int code) {
    return code >= 0 && code < BY_CODE.length - 1 ? BY_CODE[code] : UNKNOWN;
  }
}
