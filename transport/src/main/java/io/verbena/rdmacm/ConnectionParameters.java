package io.verbena.rdmacm;

import io.verbena.verbs.Access;
import java.util.Set;

/**
 * What one side of a connection asks for; stands for {@code struct rdma_conn_param}, see {@code man
 * rdma_connect} and {@code man rdma_accept}. Immutable.
 *
 * @param responderResources reads and atomics that this side serves at a time, 0 to 254; {@link
 *     #DEVICE_MAXIMUM} for as many as the device (and, accepting, the peer) can
 * @param initiatorDepth reads and atomics under way from this side, 0 to 254; {@link
 *     #DEVICE_MAXIMUM} likewise
 * @param retryCount how often to retry without acknowledgement, 0 to 6; said by the side that
 *     connects, for both. 7 is refused: some providers never give up then
 * @param rnrRetryCount how often the peer retries when this side has no receive posted, 0 to 7; 7
 *     never gives up. Counts in connecting and in accepting: 0 in either fails the other side's
 *     first message that comes too early
 * @param flowControl whether the hardware does flow control
 * @param access the remote operations that this side serves, out of {@code REMOTE_READ}, {@code
 *     REMOTE_WRITE} and {@code REMOTE_ATOMIC}; a memory region must allow them too
 * @param privateData what the peer gets to read before it decides, or with the acceptance
 */
public record ConnectionParameters(
    int responderResources,
    int initiatorDepth,
    int retryCount,
    int rnrRetryCount,
    boolean flowControl,
    Set<Access> access,
    PrivateData privateData) {
  /** As many as the device can: {@code RDMA_MAX_RESP_RES} and {@code RDMA_MAX_INIT_DEPTH}. */
  public static final int DEVICE_MAXIMUM = 255;

  private static final Set<Access> REMOTE =
      Set.of(Access.REMOTE_READ, Access.REMOTE_WRITE, Access.REMOTE_ATOMIC);

  private static final ConnectionParameters DEFAULTS =
      new ConnectionParameters(
          DEVICE_MAXIMUM, DEVICE_MAXIMUM, 6, 7, false, REMOTE, PrivateData.none());

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a value is out of its range
   */
  public ConnectionParameters {
    check("responderResources", responderResources, DEVICE_MAXIMUM, "");
    check("initiatorDepth", initiatorDepth, DEVICE_MAXIMUM, "");
    check("retryCount", retryCount, 6, ": some providers retry for ever with 7");
    check("rnrRetryCount", rnrRetryCount, 7, "");
    access = Set.copyOf(access);
    if (!REMOTE.containsAll(access)) {
      throw new IllegalArgumentException(
          "a queue pair serves REMOTE_READ, REMOTE_WRITE and REMOTE_ATOMIC, not " + access);
    }
  }

  private static void check(String name, int value, int to, String why) {
    if (value < 0 || value > to) {
      throw new IllegalArgumentException(
          name + " must be between 0 and " + to + ", not " + value + why);
    }
  }

  /**
   * As many reads and atomics as the device can, 6 retries, unlimited waiting for receives, all
   * remote operations, no private data.
   *
   * @return the one instance
   */
  public static ConnectionParameters defaults() {
    return DEFAULTS;
  }

  /**
   * A copy with another {@link #responderResources}.
   *
   * @param value 0 to 254, or {@link #DEVICE_MAXIMUM}
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public ConnectionParameters withResponderResources(int value) {
    return new ConnectionParameters(
        value, initiatorDepth, retryCount, rnrRetryCount, flowControl, access, privateData);
  }

  /**
   * A copy with another {@link #initiatorDepth}.
   *
   * @param value 0 to 254, or {@link #DEVICE_MAXIMUM}
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public ConnectionParameters withInitiatorDepth(int value) {
    return new ConnectionParameters(
        responderResources, value, retryCount, rnrRetryCount, flowControl, access, privateData);
  }

  /**
   * A copy with another {@link #retryCount}.
   *
   * @param value 0 to 6
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public ConnectionParameters withRetryCount(int value) {
    return new ConnectionParameters(
        responderResources, initiatorDepth, value, rnrRetryCount, flowControl, access, privateData);
  }

  /**
   * A copy with another {@link #rnrRetryCount}.
   *
   * @param value 0 to 7
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public ConnectionParameters withRnrRetryCount(int value) {
    return new ConnectionParameters(
        responderResources, initiatorDepth, retryCount, value, flowControl, access, privateData);
  }

  /**
   * A copy with another {@link #flowControl}.
   *
   * @param value whether the hardware does flow control
   * @return the copy
   */
  public ConnectionParameters withFlowControl(boolean value) {
    return new ConnectionParameters(
        responderResources, initiatorDepth, retryCount, rnrRetryCount, value, access, privateData);
  }

  /**
   * A copy with other {@link #access}.
   *
   * @param value the remote operations to serve
   * @return the copy
   * @throws IllegalArgumentException if there is another than a remote operation
   */
  public ConnectionParameters withAccess(Set<Access> value) {
    return new ConnectionParameters(
        responderResources,
        initiatorDepth,
        retryCount,
        rnrRetryCount,
        flowControl,
        value,
        privateData);
  }

  /**
   * A copy with other {@link #privateData}.
   *
   * @param value what the peer gets
   * @return the copy
   */
  public ConnectionParameters withPrivateData(PrivateData value) {
    return new ConnectionParameters(
        responderResources, initiatorDepth, retryCount, rnrRetryCount, flowControl, access, value);
  }
}
