package io.verbena.rdmacm;

/** How far a {@link Connection} is. */
public enum ConnectionState {
  /** The peers are agreeing. */
  CONNECTING,
  /** Both sides may send; of a datagram service, the peer's address is known. */
  CONNECTED,
  /** This side has ended the connection, the peer has not answered yet. */
  DISCONNECTING,
  /** The connection has ended, whoever ended it; the queue pair is in ERR and flushes. */
  DISCONNECTED,
  /** The connection did not come about. */
  FAILED,
  /** Closed here. */
  CLOSED
}
