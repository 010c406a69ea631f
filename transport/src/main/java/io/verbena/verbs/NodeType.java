package io.verbena.verbs;

/** What kind of adapter it is; stands for {@code enum ibv_node_type}. */
public enum NodeType {
  /** A number that this version does not know, or none. */
  UNKNOWN,
  /** A channel adapter: InfiniBand or RoCE. */
  CHANNEL_ADAPTER,
  /** A switch. */
  SWITCH,
  /** A router. */
  ROUTER,
  /** An iWARP adapter. */
  IWARP_ADAPTER,
  /** A usNIC adapter over Ethernet. */
  USNIC,
  /** A usNIC adapter over UDP. */
  USNIC_UDP,
  /** Something of its own. */
  UNSPECIFIED;

  private static final NodeType[] BY_CODE = values();

  /**
   * Translates the C library's number.
   *
   * @param code a value of {@code enum ibv_node_type}
   * @return {@link #UNKNOWN} if this version does not know it
   */
  public static NodeType of(int code) {
    return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : UNKNOWN;
  }
}
