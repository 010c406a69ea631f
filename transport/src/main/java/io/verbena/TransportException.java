package io.verbena;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What the network, the adapter or the peer did; the message says what and, if known, the cure. */
public final class TransportException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Sorts of failure, for programs that react differently to each. */
  public enum Kind {
    /** The address cannot be reached or listened on. */
    ADDRESS,
    /** The handshake failed: not a Verbena peer, another version, or one that fell silent. */
    HANDSHAKE,
    /** RDMA was required and is not available. */
    RDMA_UNAVAILABLE,
    /** A deadline passed. */
    TIMEOUT,
    /** The peer closed the endpoint and everything that it sent has been received. */
    PEER_CLOSED,
    /** The connection broke, or the peer's process ended. */
    PEER_LOST,
    /** This side closed the endpoint, the listener or the transport. */
    CLOSED,
    /** The peer does not allow the remote memory access. */
    REMOTE_ACCESS,
    /** Local memory was closed while an operation used it. */
    LOCAL_ACCESS,
    /** The peer broke the protocol. */
    PROTOCOL,
    /** The network or the adapter failed. */
    NETWORK
  }

  /** Which sort of failure. */
  private final Kind kind;

  TransportException(Kind kind, String message) {
    this(kind, message, null);
  }

  TransportException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /**
   * The sort of failure.
   *
   * @return never null
   */
  public Kind kind() {
    return kind;
  }
}
