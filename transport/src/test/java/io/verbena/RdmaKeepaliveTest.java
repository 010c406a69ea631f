package io.verbena;

/** Silent peers over RDMA. */
@RdmaTest
class RdmaKeepaliveTest extends KeepaliveContract {
  @Override
  RdmaMode mode() {
    return RdmaMode.REQUIRED;
  }
}
