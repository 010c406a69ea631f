package io.verbena.lane;

/**
 * Why an operation or a lane failed.
 *
 * @param kind what sort of failure, for programs
 * @param text what happened, as a clause for people
 */
public record LaneFailure(Kind kind, String text) {
  /** Sorts of failure. */
  public enum Kind {
    /** The connection ended without a goodbye. */
    PEER_LOST,
    /** The peer refused a one-sided operation. */
    REMOTE_ACCESS,
    /** The peer sent what no peer of ours sends. */
    PROTOCOL,
    /** Memory of this side was closed while an operation used it. */
    LOCAL_ACCESS,
    /** The network or the adapter failed. */
    NETWORK
  }
}
