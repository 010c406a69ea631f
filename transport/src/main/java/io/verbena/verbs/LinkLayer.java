package io.verbena.verbs;

/** What a port speaks on the wire; stands for {@code IBV_LINK_LAYER_*}. */
public enum LinkLayer {
  /** The provider does not say: InfiniBand by convention. */
  UNSPECIFIED,
  /** InfiniBand: peers are addressed by LID, and by GID across subnets. */
  INFINIBAND,
  /** Ethernet: RoCE or iWARP; peers are addressed by GID. */
  ETHERNET;

  private static final LinkLayer[] BY_CODE = values();

  static LinkLayer of(int code) {
    return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : UNSPECIFIED;
  }
}
