package io.verbena.verbs;

import io.verbena.cause.Cause;

/**
 * How a work request ended; stands for {@code enum ibv_wc_status}, see {@code man ibv_poll_cq}. The
 * constants stand in the order of the C codes. Devices differ in which one they report for the same
 * mistake: soft-RoCE says {@link #LOCAL_QP_ERROR} where most hardware says {@link
 * #LOCAL_PROTECTION_ERROR} or {@link #LOCAL_LENGTH_ERROR}.
 */
public enum WorkStatus {
  /** Done. */
  SUCCESS("done", ""),
  /** A message did not fit its receive, or a request was longer than the device allows. */
  LOCAL_LENGTH_ERROR(
      "a message was longer than its receive buffer or than the port allows",
      "post receives as long as the longest message of the peer"),
  /** The queue pair or the request was malformed. */
  LOCAL_QP_ERROR(
      "the device refused a request on its own side",
      "check the region's rights, that it is still open, that each receive is long enough, and that"
          + " the queue pair's type has such a request"),
  /** Reliable datagram only. */
  LOCAL_EEC_ERROR(
      "an end-to-end context was malformed",
      "no adapter offers reliable datagrams: suspect the driver, and update it"),
  /** A local region does not cover the bytes, or lacks a right. */
  LOCAL_PROTECTION_ERROR(
      "a local memory region does not cover the request's bytes or lacks a right",
      "give the region LOCAL_WRITE for receives, reads and atomics, and keep it open until the"
          + " request is done"),
  /** The queue pair was already in error: this request was never tried, or its fate is unknown. */
  FLUSHED(
      "the queue pair had failed or was closed before this request was done",
      "look at the first completion that failed for the cause; connect a new queue pair"),
  /** A memory window could not be bound. */
  WINDOW_BIND_ERROR(
      "a memory window could not be bound",
      "register the region with WINDOW_BIND and the rights that the window gives, keep it open, and"
          + " invalidate a window of type 2 before it is bound again"),
  /** The peer answered nonsense. */
  BAD_RESPONSE(
      "the peer answered with a packet that makes no sense",
      "connect anew: the two sides may disagree on MTU or sequence numbers"),
  /** A write with immediate data hit a protection error here. */
  LOCAL_ACCESS_ERROR(
      "a peer's write with immediate data was refused by local memory",
      "check the address and key that the peer was given, and that the region is still open"),
  /** The peer does not accept such a request. */
  REMOTE_INVALID_REQUEST(
      "the peer's queue pair does not accept such a request, or the message is too long for it",
      "check the peer's access flags, its receive length, its maxReadAtomic and 8-byte alignment of"
          + " atomics"),
  /** The remote key, the range or the right is wrong. */
  REMOTE_ACCESS_ERROR(Cause.REMOTE_ACCESS.meaning(), Cause.REMOTE_ACCESS.cure()),
  /** The peer could not complete the request. */
  REMOTE_OPERATION_ERROR(
      "the peer failed while it served the request", "look at the peer's own completions"),
  /** No acknowledgement came. */
  RETRY_EXCEEDED(
      "the peer did not acknowledge in (retryCount + 1) timeouts", Cause.UNANSWERED.cure()),
  /** The peer had no receive posted. */
  RNR_RETRY_EXCEEDED(
      "the peer had no receive posted, as often as rnrRetry allowed",
      "let the peer post receives before this side sends, or raise rnrRetry"),
  /** Reliable datagram only. */
  LOCAL_RDD_VIOLATION(
      "a reliable datagram domain was violated",
      "no adapter offers reliable datagrams: suspect the driver, and update it"),
  /** Reliable datagram only. */
  REMOTE_INVALID_READ(
      "the peer refused a reliable datagram read",
      "no adapter offers reliable datagrams: suspect the driver, and update it"),
  /** The peer aborted. */
  REMOTE_ABORTED("the peer aborted the operation", "look at the peer's log, and connect anew"),
  /** Reliable datagram only. */
  INVALID_EEC_NUMBER(
      "an end-to-end context does not exist",
      "no adapter offers reliable datagrams: suspect the driver, and update it"),
  /** Reliable datagram only. */
  INVALID_EEC_STATE(
      "an end-to-end context is in a wrong state",
      "no adapter offers reliable datagrams: suspect the driver, and update it"),
  /** The device itself failed. */
  FATAL("the device failed", Cause.DEVICE_GONE.cure()),
  /** The peer did not answer. */
  RESPONSE_TIMEOUT("the peer did not answer in time", "check that the peer is alive"),
  /** Something that no other code says. */
  GENERAL_ERROR("the device reported an error without saying which", "look at the vendor code"),
  /** Tag matching only. */
  TAG_MATCHING_ERROR(
      "tag matching failed", "Verbena asks for no tag matching: suspect the driver, and update it"),
  /** Tag matching only. */
  TAG_MATCHING_INCOMPLETE(
      "a rendezvous message was matched, its data is still to be fetched",
      "Verbena asks for no tag matching: suspect the driver, and update it"),
  /** A number that this version does not know. */
  UNKNOWN(
      "the device reported a status that this version does not know",
      "look at the vendor code, and update Verbena");

  private static final WorkStatus[] BY_CODE = values();

  private final String meaning;
  private final String cure;

  WorkStatus(String meaning, String cure) {
    this.meaning = meaning;
    this.cure = cure;
  }

  static WorkStatus of(int code) {
    return code >= 0 && code < BY_CODE.length - 1 ? BY_CODE[code] : UNKNOWN;
  }

  /**
   * What this status says.
   *
   * @return a clause in plain words
   */
  public String meaning() {
    return meaning;
  }

  /**
   * What most likely helps.
   *
   * @return a clause, empty if there is nothing to advise
   */
  public String cure() {
    return cure;
  }
}
