package io.verbena;

/** A killed peer, which is the client, where only the server could use RDMA. */
@RdmaTest
class RdmaAtServerPeerDeathTest extends PeerDeathContract {
  @Override
  RdmaMode mode() {
    return RdmaMode.PREFERRED;
  }

  @Override
  RdmaMode peersMode() {
    return RdmaMode.OFF;
  }
}
