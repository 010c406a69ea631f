package io.verbena.collective.peer;

import org.jspecify.annotations.Nullable;

/**
 * Why a transfer failed.
 *
 * @param rank whom it is about, counted in the whole job
 * @param message whole sentences without a full stop, for people
 */
public record PeerFailure(Kind kind, int rank, String message, @Nullable Throwable cause) {
  /** Sorts of failures. */
  public enum Kind {
    /** The process has ended, or cannot be reached. */
    LOST,
    /** The process has said goodbye, and what is waited for will not come. */
    LEFT,
    /** The message is longer than the memory for it. */
    TRUNCATED,
    /** The message is not as long as it must be. */
    LENGTHS_DIFFER,
    /** Memory cannot be used: it is closed, or there is no more of it. */
    MEMORY,
    /** Nobody waits for it any more. */
    CANCELLED,
    /** This process has said goodbye. */
    CLOSED
  }

  static PeerFailure ofMemory(int rank, RuntimeException cause) {
    return new PeerFailure(
        Kind.MEMORY, rank, "the memory of a message cannot be used: " + cause.getMessage(), cause);
  }
}
