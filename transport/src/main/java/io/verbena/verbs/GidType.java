package io.verbena.verbs;

/** Which protocol a GID table entry sends with; stands for {@code enum ibv_gid_type}. */
public enum GidType {
  /** InfiniBand. */
  INFINIBAND,
  /** RoCE version 1: an Ethernet type of its own, not routable. */
  ROCE_V1,
  /** RoCE version 2: over UDP port 4791, routable. */
  ROCE_V2,
  /** A number that this version does not know. */
  UNKNOWN;

  private static final GidType[] BY_CODE = values();

  static GidType of(int code) {
    return code >= 0 && code < BY_CODE.length - 1 ? BY_CODE[code] : UNKNOWN;
  }
}
