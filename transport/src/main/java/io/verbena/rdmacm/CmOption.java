package io.verbena.rdmacm;

/** Options of {@code rdma_set_option}; stands for {@code RDMA_OPTION_ID_*}. */
enum CmOption {
  TYPE_OF_SERVICE(0),
  REUSE_ADDRESS(1),
  ADDRESS_FAMILY_ONLY(2),
  ACK_TIMEOUT(3);

  /** {@code RDMA_OPTION_ID}. */
  static final int LEVEL = 0;

  private final int code;

  CmOption(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
