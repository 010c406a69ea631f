package io.verbena.rdmacm;

import io.verbena.ffi.Errno;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The environment or the peer refused something of the connection manager: names the call or event,
 * its arguments, the error and the likely cure. Immutable.
 */
public final class ConnectionException extends IOException {
  private static final long serialVersionUID = 1;

  private final ConnectionFailure failure;
  private final String call;
  private final String arguments;
  private final int status;
  private final String cure;
  private final transient PrivateData privateData;

  private ConnectionException(
      String message,
      ConnectionFailure failure,
      String call,
      String arguments,
      int status,
      String cure,
      PrivateData privateData,
      @Nullable Throwable cause) {
    super(cure.isEmpty() ? message : message + ": " + cure, cause);
    this.failure = failure;
    this.call = call;
    this.arguments = arguments;
    this.status = status;
    this.cure = cure;
    this.privateData = privateData;
  }

  /** The connection manager cannot be used at all: the message is this clause. */
  static ConnectionException unavailable(String cause) {
    return new ConnectionException(
        cause, ConnectionFailure.UNAVAILABLE, "", "", 0, "", PrivateData.none(), null);
  }

  /** A call failed with errno. */
  static ConnectionException ofCall(String call, String arguments, int errno) {
    ConnectionFailure failure = Refusals.ofCall(call, errno);
    return new ConnectionException(
        call + "(" + arguments + ") failed with " + text(errno),
        failure,
        call,
        arguments,
        -errno,
        Refusals.cure(call, errno, failure),
        PrivateData.none(),
        null);
  }

  /** An event came that ends the attempt. */
  static ConnectionException ofEvent(CmEvent event, String arguments) {
    ConnectionFailure failure = Refusals.ofEvent(event);
    return new ConnectionException(
        event.name() + " for " + arguments + ", status " + Refusals.status(event),
        failure,
        event.name(),
        arguments,
        event.status(),
        failure.cure(),
        event.privateData(),
        null);
  }

  static ConnectionException timedOut(String call, String arguments) {
    ConnectionFailure failure = Refusals.ofDeadline(call);
    return new ConnectionException(
        call + "(" + arguments + ") did not end before its deadline",
        failure,
        call,
        arguments,
        -Refusals.ETIMEDOUT,
        failure.cure(),
        PrivateData.none(),
        null);
  }

  static ConnectionException unknownHost(String host) {
    return new ConnectionException(
        "the host name " + host + " has no address",
        ConnectionFailure.NO_ADDRESS,
        "",
        host,
        0,
        "check its spelling and the name service",
        PrivateData.none(),
        null);
  }

  /** The queue pair or its device got in the way. */
  static ConnectionException ofQueuePair(String what, Exception cause) {
    return new ConnectionException(
        what + ": " + cause.getMessage(),
        ConnectionFailure.QUEUE_PAIR,
        what,
        "",
        0,
        "",
        PrivateData.none(),
        cause);
  }

  private static String text(int number) {
    Errno errno = Errno.of(number);
    return errno.name() + " (" + errno.text() + ")";
  }

  /**
   * What kind of failure this is.
   *
   * @return the kind; the message has the details
   */
  public ConnectionFailure failure() {
    return failure;
  }

  /**
   * The C function that failed, or the event that reported the failure.
   *
   * @return for example {@code rdma_resolve_addr} or {@code RDMA_CM_EVENT_REJECTED}; empty if
   *     nothing could be called at all
   */
  public String call() {
    return call;
  }

  /**
   * What the call was about.
   *
   * @return names and values as text
   */
  public String arguments() {
    return arguments;
  }

  /**
   * The status as the connection manager reports it.
   *
   * @return a negative errno such as -110; or, of {@code RDMA_CM_EVENT_REJECTED}, the reason: on
   *     InfiniBand and RoCE 8 if nobody listens and 28 if the peer's program said no; 0 if the
   *     failure has none
   */
  public int status() {
    return status;
  }

  /**
   * What the peer sent along with its rejection.
   *
   * @return padded with zeros by the protocol, see {@link PrivateData#content}; none if this is not
   *     a rejection
   */
  public PrivateData privateData() {
    return privateData;
  }

  /**
   * What most likely helps; part of the message too.
   *
   * @return a clause, empty if there is nothing to advise
   */
  public String cure() {
    return cure;
  }
}
