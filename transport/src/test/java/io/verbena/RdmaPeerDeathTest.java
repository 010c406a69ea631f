package io.verbena;

/** A killed peer on RDMA. */
@RdmaTest
class RdmaPeerDeathTest extends PeerDeathContract {
  @Override
  RdmaMode mode() {
    return RdmaMode.REQUIRED;
  }
}
