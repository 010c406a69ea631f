package io.verbena.rdmacm;

import io.verbena.verbs.Access;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one side of a connection asks for; stands for {@code struct rdma_conn_param}, see {@code man
 * rdma_connect} and {@code man rdma_accept}. Immutable.
 *
 * @param responderResources reads and atomics that this side serves at a time, 0 to what the device
 *     can; {@link #DEVICE_MAXIMUM} for as many as that. Accepting, not more than the peer asks for
 * @param initiatorDepth reads and atomics under way from this side, 0 to what the device can;
 *     {@link #DEVICE_MAXIMUM} for as many as that. Accepting, not more than the peer serves
 * @param retryCount how often to retry without acknowledgement, 0 to 6. The peer that accepts is
 *     told, and may retry less often. 7 is refused, and not taken from a peer: some providers never
 *     give up then
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

  /**
   * What a device can do of it.
   *
   * @param served the reads and atomics that the device serves at a time
   * @param initiated those that it has under way at a time
   * @param peer of the side that accepts: what the peer has asked for
   * @throws IllegalArgumentException if it is not all that was asked for
   */
  ConnectionParameters within(int served, int initiated, @Nullable PeerParameters peer) {
    requireAtMost("responderResources", responderResources, served);
    requireAtMost("initiatorDepth", initiatorDepth, initiated);
    int responder = Math.min(responderResources, served);
    int initiator = Math.min(initiatorDepth, initiated);
    return withResponderResources(
            peer == null ? responder : Math.min(responder, peer.responderResources()))
        .withInitiatorDepth(peer == null ? initiator : Math.min(initiator, peer.initiatorDepth()));
  }

  private static void requireAtMost(String name, int value, int most) {
    if (value != DEVICE_MAXIMUM && value > most) {
      throw new IllegalArgumentException(
          name + " is " + value + ", and the device can " + most + ": ask for DEVICE_MAXIMUM");
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
