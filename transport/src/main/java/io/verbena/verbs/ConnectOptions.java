package io.verbena.verbs;

import java.util.Set;

/**
 * How a reliable connection behaves; the defaults suit a data centre. Immutable. See {@code man
 * ibv_modify_qp}.
 *
 * @param timeout how long to wait for an acknowledgement before a retry: 4.096 us times 2 to this
 *     power, 1 to 31; 0 waits for ever
 * @param retryCount how often to retry, 0 to 6; a peer is given up after (retryCount + 1) timeouts.
 *     7 is refused: some providers never give up then
 * @param rnrRetry how often to retry when the peer has no receive posted, 0 to 7; 7 never gives up
 * @param minRnrTimer the code of the pause that this side asks of a peer when no receive is posted,
 *     0 to 31; 12 is 0.64 ms
 * @param maxReadAtomic reads and atomics under way at a time, in each direction, at least 0; what
 *     the device cannot do is cut
 * @param pkeyIndex the place of the partition key in the port's table
 * @param serviceLevel the InfiniBand service level or the Ethernet priority, 0 to 15
 * @param trafficClass the traffic class of the route header (on RoCE version 2 the IP type of
 *     service), 0 to 255
 * @param hopLimit how many routers packets may pass, 1 to 255
 * @param access the remote operations that this side serves, out of {@code REMOTE_READ}, {@code
 *     REMOTE_WRITE} and {@code REMOTE_ATOMIC}; a memory region must allow them too
 */
public record ConnectOptions(
    int timeout,
    int retryCount,
    int rnrRetry,
    int minRnrTimer,
    int maxReadAtomic,
    int pkeyIndex,
    int serviceLevel,
    int trafficClass,
    int hopLimit,
    Set<Access> access) {
  private static final Set<Access> REMOTE =
      Set.of(Access.REMOTE_READ, Access.REMOTE_WRITE, Access.REMOTE_ATOMIC);

  private static final ConnectOptions DEFAULTS =
      new ConnectOptions(
          // 67 ms: seven tries are over in half a second, and soft-RoCE under load still answers.
          14,
          6,
          // Once in flow control this never matters; a slow start of the peer must not be fatal.
          6,
          12,
          16,
          0,
          0,
          0,
          64,
          REMOTE);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a value is out of its range
   */
  public ConnectOptions {
    check("timeout", timeout, 0, 31, "");
    check("retryCount", retryCount, 0, 6, ": some providers retry for ever with 7");
    check("rnrRetry", rnrRetry, 0, 7, "");
    check("minRnrTimer", minRnrTimer, 0, 31, "");
    check("maxReadAtomic", maxReadAtomic, 0, 255, "");
    check("pkeyIndex", pkeyIndex, 0, 0xffff, "");
    check("serviceLevel", serviceLevel, 0, 15, "");
    check("trafficClass", trafficClass, 0, 255, "");
    check("hopLimit", hopLimit, 1, 255, "");
    access = Set.copyOf(access);
    if (!REMOTE.containsAll(access)) {
      throw new IllegalArgumentException(
          "a queue pair serves REMOTE_READ, REMOTE_WRITE and REMOTE_ATOMIC, not " + access);
    }
  }

  /**
   * The defaults: 14 (67 ms), 6 retries, rnrRetry 6, 16 reads and atomics, all remote operations.
   *
   * @return the one instance
   */
  public static ConnectOptions defaults() {
    return DEFAULTS;
  }

  /**
   * A copy with another {@link #timeout}.
   *
   * @param value the timeout exponent, 0 to 31
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public ConnectOptions withTimeout(int value) {
    return new ConnectOptions(
        value,
        retryCount,
        rnrRetry,
        minRnrTimer,
        maxReadAtomic,
        pkeyIndex,
        serviceLevel,
        trafficClass,
        hopLimit,
        access);
  }

  /**
   * A copy with another {@link #retryCount}.
   *
   * @param value the retries, 0 to 6
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public ConnectOptions withRetryCount(int value) {
    return new ConnectOptions(
        timeout,
        value,
        rnrRetry,
        minRnrTimer,
        maxReadAtomic,
        pkeyIndex,
        serviceLevel,
        trafficClass,
        hopLimit,
        access);
  }

  /**
   * A copy with another {@link #rnrRetry}.
   *
   * @param value the retries, 0 to 7
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public ConnectOptions withRnrRetry(int value) {
    return new ConnectOptions(
        timeout,
        retryCount,
        value,
        minRnrTimer,
        maxReadAtomic,
        pkeyIndex,
        serviceLevel,
        trafficClass,
        hopLimit,
        access);
  }

  /**
   * A copy with another {@link #minRnrTimer}.
   *
   * @param value the code of the pause, 0 to 31
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public ConnectOptions withMinRnrTimer(int value) {
    return new ConnectOptions(
        timeout,
        retryCount,
        rnrRetry,
        value,
        maxReadAtomic,
        pkeyIndex,
        serviceLevel,
        trafficClass,
        hopLimit,
        access);
  }

  /**
   * A copy with another {@link #maxReadAtomic}.
   *
   * @param value the operations under way, 0 to 255
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public ConnectOptions withMaxReadAtomic(int value) {
    return new ConnectOptions(
        timeout,
        retryCount,
        rnrRetry,
        minRnrTimer,
        value,
        pkeyIndex,
        serviceLevel,
        trafficClass,
        hopLimit,
        access);
  }

  /**
   * A copy with another {@link #pkeyIndex}.
   *
   * @param value the place in the table
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public ConnectOptions withPkeyIndex(int value) {
    return new ConnectOptions(
        timeout,
        retryCount,
        rnrRetry,
        minRnrTimer,
        maxReadAtomic,
        value,
        serviceLevel,
        trafficClass,
        hopLimit,
        access);
  }

  /**
   * A copy with another {@link #serviceLevel}.
   *
   * @param value the level, 0 to 15
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public ConnectOptions withServiceLevel(int value) {
    return new ConnectOptions(
        timeout,
        retryCount,
        rnrRetry,
        minRnrTimer,
        maxReadAtomic,
        pkeyIndex,
        value,
        trafficClass,
        hopLimit,
        access);
  }

  /**
   * A copy with another {@link #trafficClass}.
   *
   * @param value the class, 0 to 255
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public ConnectOptions withTrafficClass(int value) {
    return new ConnectOptions(
        timeout,
        retryCount,
        rnrRetry,
        minRnrTimer,
        maxReadAtomic,
        pkeyIndex,
        serviceLevel,
        value,
        hopLimit,
        access);
  }

  /**
   * A copy with another {@link #hopLimit}.
   *
   * @param value the limit, 1 to 255
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public ConnectOptions withHopLimit(int value) {
    return new ConnectOptions(
        timeout,
        retryCount,
        rnrRetry,
        minRnrTimer,
        maxReadAtomic,
        pkeyIndex,
        serviceLevel,
        trafficClass,
        value,
        access);
  }

  /**
   * A copy with another {@link #access}.
   *
   * @param value the remote operations to serve
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public ConnectOptions withAccess(Set<Access> value) {
    return new ConnectOptions(
        timeout,
        retryCount,
        rnrRetry,
        minRnrTimer,
        maxReadAtomic,
        pkeyIndex,
        serviceLevel,
        trafficClass,
        hopLimit,
        value);
  }

  private static void check(String name, int value, int from, int to, String why) {
    if (value < from || value > to) {
      throw new IllegalArgumentException(
          name + " must be between " + from + " and " + to + ", not " + value + why);
    }
  }
}
