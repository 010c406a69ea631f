package io.verbena.verbs;

/** Which protocol family an adapter speaks; stands for {@code enum ibv_transport_type}. */
public enum TransportType {
  /** InfiniBand's transport: over InfiniBand or RoCE. */
  INFINIBAND,
  /** iWARP: over TCP. */
  IWARP,
  /** usNIC over Ethernet. */
  USNIC,
  /** usNIC over UDP. */
  USNIC_UDP,
  /** Something of its own. */
  UNSPECIFIED,
  /** A number that this version does not know, or none. */
  UNKNOWN;

  private static final TransportType[] BY_CODE = values();

  /**
   * Translates the C library's number.
   *
   * @param code a value of {@code enum ibv_transport_type}
   * @return {@link #UNKNOWN} if this version does not know it
   */
  public static TransportType of(int code) {
    return code >= 0 && code < BY_CODE.length - 1 ? BY_CODE[code] : UNKNOWN;
  }
}
