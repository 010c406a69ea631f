package io.verbena.collective;

import java.io.IOException;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** A collective, or a message between ranks, did not come to its end; the message says why. */
public final class CollectiveException extends IOException {
  private static final long serialVersionUID = 1;

  private static final int NOBODY = -1;

  /** Sorts of failure, for programs that react differently to each. */
  public enum Kind {
    /** A deadline passed. */
    TIMEOUT,
    /** A process has ended, or cannot be reached. */
    RANK_LOST,
    /** A rank has closed the communicator, and what is waited for will not come. */
    RANK_LEFT,
    /** A message is longer than the memory for it. */
    TRUNCATED,
    /**
     * What a rank sends within a collective is shorter or longer than what another one expects:
     * they have passed different numbers of elements, or one has left a collective out.
     */
    LENGTHS_DIFFER,
    /** Memory cannot be used: it was closed meanwhile, or there is no more of it. */
    MEMORY,
    /** The caller ended it. */
    CANCELLED,
    /** An earlier collective of this communicator failed, so that ranks may be out of step. */
    BROKEN,
    /** This side closed the communicator. */
    CLOSED,
    /** Ranks do not have the same {@link Communicator#choices}, and would wait for each other. */
    CHOICES_DIFFER
  }

  /** Which sort of failure. */
  private final Kind kind;

  /** Counted in the communicator. */
  private final int rank;

  CollectiveException(Kind kind, int rank, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.rank = rank;
  }

  CollectiveException(Kind kind, String message) {
    this(kind, NOBODY, message, null);
  }

  /**
   * The sort of failure.
   *
   * @return never null
   */
  public Kind kind() {
    return kind;
  }

  /**
   * Whom it is about.
   *
   * @return the rank in the communicator; empty if it is about no one rank
   */
  public OptionalInt rank() {
    return rank == NOBODY ? OptionalInt.empty() : OptionalInt.of(rank);
  }
}
