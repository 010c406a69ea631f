package io.verbena.verbs;

/** What a completion is stamped with; stands for two of {@code enum ibv_create_cq_wc_flags}. */
public enum CompletionTimestamp {
  /** Nothing: the fast way to poll. */
  NONE,
  /**
   * The adapter's clock when it made the completion, in ticks: see {@link Context#clockTicks} and
   * {@link ExtendedDeviceAttributes#clockKilohertz}.
   */
  DEVICE_CLOCK,
  /** The same in nanoseconds of the machine's real-time clock, as the provider converts it. */
  WALL_CLOCK
}
