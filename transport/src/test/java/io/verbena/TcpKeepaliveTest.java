package io.verbena;

/** Silent peers over TCP. */
class TcpKeepaliveTest extends KeepaliveContract {
  @Override
  RdmaMode mode() {
    return RdmaMode.OFF;
  }
}
