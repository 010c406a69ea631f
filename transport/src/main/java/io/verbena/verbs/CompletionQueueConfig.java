package io.verbena.verbs;

import org.jspecify.annotations.Nullable;

/**
 * What a completion queue is made of; stands for {@code struct ibv_cq_init_attr_ex}, see {@code man
 * ibv_create_cq} and {@code man ibv_create_cq_ex}. Immutable.
 *
 * <p>Two flags of that structure are left out because they break promises: with {@code
 * IGNORE_OVERRUN} completions are lost without a word; with {@code SINGLE_THREADED} a provider
 * takes no lock when a queue pair is destroyed by another thread than the one that polls.
 *
 * @param entries the completions that it must hold, at least 1: the sum of the depths of the queues
 *     that complete there
 * @param channel where its events go; null for a channel of its own, or for none
 * @param polledOnly whether it has no channel at all: nobody can await, one descriptor is saved
 * @param vector which of the adapter's interrupts brings its events, from 0; see {@link
 *     Context#completionVectors}
 * @param timestamp what completions are stamped with
 */
public record CompletionQueueConfig(
    int entries,
    @Nullable CompletionChannel channel,
    boolean polledOnly,
    int vector,
    CompletionTimestamp timestamp) {
  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if {@code entries} is not positive, {@code vector} is
   *     negative, or there is a channel for a queue that is polled only
   */
  public CompletionQueueConfig {
    if (entries < 1) {
      throw new IllegalArgumentException("a completion queue has at least 1 entry, not " + entries);
    }
    if (vector < 0) {
      throw new IllegalArgumentException("completion vectors count from 0, not " + vector);
    }
    if (polledOnly && channel != null) {
      throw new IllegalArgumentException("a queue that is polled only has no channel");
    }
  }

  /**
   * A queue with a channel of its own, the first vector and no timestamps.
   *
   * @param entries the completions that it must hold, at least 1
   * @return the configuration
   */
  public static CompletionQueueConfig of(int entries) {
    return new CompletionQueueConfig(entries, null, false, 0, CompletionTimestamp.NONE);
  }

  /**
   * A copy with another {@link #channel}.
   *
   * @param value where its events go
   * @return the copy
   */
  public CompletionQueueConfig withChannel(CompletionChannel value) {
    return new CompletionQueueConfig(entries, value, false, vector, timestamp);
  }

  /**
   * A copy without channel: {@link CompletionQueue#arm} and {@code await} are of no use.
   *
   * @return the copy
   */
  public CompletionQueueConfig withoutChannel() {
    return new CompletionQueueConfig(entries, null, true, vector, timestamp);
  }

  /**
   * A copy with another {@link #vector}.
   *
   * @param value from 0 to below {@link Context#completionVectors}
   * @return the copy
   */
  public CompletionQueueConfig withVector(int value) {
    return new CompletionQueueConfig(entries, channel, polledOnly, value, timestamp);
  }

  /**
   * A copy with another {@link #timestamp}; polling takes a few calls more for each completion.
   *
   * @param value what completions are stamped with
   * @return the copy
   */
  public CompletionQueueConfig withTimestamp(CompletionTimestamp value) {
    return new CompletionQueueConfig(entries, channel, polledOnly, vector, value);
  }
}
