package io.verbena;

/** Who moves the data of a transport's endpoints. */
public enum Progress {
  /** The transport's own threads, which sleep while nothing happens. */
  THREAD,
  /**
   * The threads that call {@link Endpoint#receive}, {@link Endpoint#send}, {@link Operation#await}
   * or {@link Endpoint#poll}, which spin: the lowest latency, at a core each. While nobody calls,
   * nothing moves, requests of the peer included.
   */
  CALLER
}
