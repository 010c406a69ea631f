package io.verbena;

/** Where in its life an {@link Endpoint} is. */
public enum EndpointState {
  /** Messages and operations go both ways. */
  OPEN,
  /** The peer has closed its side: what it sent can still be received, nothing can be sent. */
  PEER_CLOSED,
  /** The connection, the peer or a handler failed; what was received before can be taken. */
  FAILED,
  /** This side is closing: what was sent is on its way to the peer. */
  CLOSING,
  /** This side has closed. */
  CLOSED
}
