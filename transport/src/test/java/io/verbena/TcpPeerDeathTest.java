package io.verbena;

/** A killed peer on TCP. */
class TcpPeerDeathTest extends PeerDeathContract {
  @Override
  RdmaMode mode() {
    return RdmaMode.OFF;
  }
}
