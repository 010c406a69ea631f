package io.verbena;

/** A killed peer, which is the client, where only the client could use RDMA. */
@RdmaTest
class RdmaAtClientPeerDeathTest extends PeerDeathContract {
  @Override
  RdmaMode mode() {
    return RdmaMode.OFF;
  }

  @Override
  RdmaMode peersMode() {
    return RdmaMode.PREFERRED;
  }
}
