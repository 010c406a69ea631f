package io.verbena.verbs;

/**
 * Numbers of {@code infiniband/verbs.h}. The generated {@code Verbs} has them too, but touching it
 * needs the library, and the classes that use these must load everywhere; a test compares the two.
 */
final class Abi {
  static final int QP_STATE_MASK = 1;
  static final int QP_CAPABILITIES_MASK = 1 << 19;

  static final int WR_WRITE = 0;
  static final int WR_WRITE_IMMEDIATE = 1;
  static final int WR_SEND = 2;
  static final int WR_SEND_IMMEDIATE = 3;
  static final int WR_READ = 4;
  static final int WR_COMPARE_AND_SWAP = 5;
  static final int WR_FETCH_AND_ADD = 6;
  static final int WR_INVALIDATE = 7;
  static final int WR_BIND_WINDOW = 8;
  static final int WR_SEND_INVALIDATE = 9;

  static final int SEND_FENCE = 1;
  static final int SEND_SIGNALED = 1 << 1;
  static final int SEND_SOLICITED = 1 << 2;
  static final int SEND_INLINE = 1 << 3;

  static final int WC_ROUTE_HEADER = 1;
  static final int WC_RECEIVE_WRITE_IMMEDIATE = 129;
  static final int WC_WITH_IMMEDIATE = 1 << 1;
  static final int WC_WITH_INVALIDATE = 1 << 3;

  /** {@code IB_WC_WITH_INVALIDATE} of the kernel. */
  static final int WC_KERNEL_WITH_INVALIDATE = 1 << 2;

  static final int PORT_ROUTE_HEADER_REQUIRED = 1;

  private Abi() {}
}
