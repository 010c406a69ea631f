package io.verbena.rdmacm;

/**
 * Whose port numbers an address uses, and with it the service; stands for {@code enum
 * rdma_port_space}, see {@code man rdma_create_id}.
 */
public enum PortSpace {
  /** Reliable connections ({@code RDMA_PS_TCP}). */
  TCP(0x0106),
  /** Datagrams ({@code RDMA_PS_UDP}): unreliable, and multicast. */
  UDP(0x0111),
  /** Datagrams and multicast groups shared with IP over InfiniBand ({@code RDMA_PS_IPOIB}). */
  IPOIB(0x0002);

  private final int code;

  PortSpace(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  /**
   * Whether queue pairs are of type {@link io.verbena.verbs.QueuePairType#DATAGRAM}.
   *
   * @return false for connections
   */
  public boolean isDatagram() {
    return this != TCP;
  }
}
