package io.verbena.rdmacm;

import io.verbena.cause.Cause;

/** Why there is no connection: what a program can tell apart without reading messages. */
public enum ConnectionFailure {
  /** The library, the kernel module or the permission is missing. */
  UNAVAILABLE(""),
  /** No RDMA device leads there. */
  NO_DEVICE(Cause.NO_DEVICE_ON_ROUTE.toString()),
  /** Nobody answers for the address, or not in time. */
  NO_ADDRESS("check that the host is up and in reach of the RDMA interface: ping it"),
  /** No route to the address was found, or not in time. */
  NO_ROUTE(Cause.NOT_ACTIVE.cure()),
  /** The host is there, but nobody listens on the port. */
  NO_LISTENER(
      "start the listener first, or check port and port space: a TCP socket's listener does not"
          + " count"),
  /** The peer said no; {@link ConnectionException#privateData} may say why. */
  REJECTED(""),
  /** The peer did not answer before the deadline. */
  TIMED_OUT(
      "the peer's host or process does not answer: check that it accepts requests, or allow more"
          + " time"),
  /** The connection manager itself gave up waiting for the peer. */
  UNREACHABLE("the peer stopped answering while the connection was being made"),
  /** The connection ended before it was complete. */
  DISCONNECTED("the peer went away while the connection was being made"),
  /** The device is being removed. */
  DEVICE_REMOVED("close everything on this device: it is being removed"),
  /** The queue pair could not be brought up; the cause says why. */
  QUEUE_PAIR(""),
  /** A call was refused by the system. */
  REFUSED("");

  private final String cure;

  ConnectionFailure(String cure) {
    this.cure = cure;
  }

  String cure() {
    return cure;
  }
}
