package io.verbena.rdmacm;

import io.verbena.cause.Cause;
import io.verbena.ffi.Errno;

/** What errno, event and status of the connection manager mean, and what most likely helps. */
final class Refusals {
  // Linux on x86-64, as io.verbena.ffi.Errno has them.
  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int EAGAIN = 11;
  static final int EACCES = 13;
  static final int ENODEV = 19;
  static final int EINVAL = 22;
  static final int EMFILE = 24;
  static final int EADDRINUSE = 98;
  static final int EADDRNOTAVAIL = 99;
  static final int ENETUNREACH = 101;
  static final int ETIMEDOUT = 110;
  static final int ECONNREFUSED = 111;
  static final int EHOSTUNREACH = 113;

  /** {@code IB_CM_REJ_INVALID_SERVICE_ID}, volume 1 of the InfiniBand specification, 12.6.7.2. */
  static final int INVALID_SERVICE = 8;

  static final int CONSUMER_DEFINED = 28;

  /** Of a datagram service: the status of a SIDR reply, 12.11.1.2 there. */
  private static final int SERVICE_NOT_SUPPORTED = 1;

  private Refusals() {}

  /** The kernel has a timeout of its own for the steps of resolving, which says the same. */
  static ConnectionFailure ofDeadline(String call) {
    return switch (call) {
      case "rdma_resolve_addr" -> ConnectionFailure.NO_ADDRESS;
      case "rdma_resolve_route" -> ConnectionFailure.NO_ROUTE;
      default -> ConnectionFailure.TIMED_OUT;
    };
  }

  static ConnectionFailure ofCall(String call, int errno) {
    return switch (errno) {
      case ENODEV ->
          call.equals("rdma_create_event_channel")
              ? ConnectionFailure.UNAVAILABLE
              : ConnectionFailure.NO_DEVICE;
      case ETIMEDOUT -> ConnectionFailure.TIMED_OUT;
      case ENETUNREACH, EHOSTUNREACH -> ConnectionFailure.NO_ADDRESS;
      case EINVAL ->
          // Arguments are checked before: the kernel has nothing to go on with any more.
          call.equals("rdma_accept") || call.equals("rdma_init_qp_attr")
              ? ConnectionFailure.DISCONNECTED
              : ConnectionFailure.REFUSED;
      default -> ConnectionFailure.REFUSED;
    };
  }

  static ConnectionFailure ofEvent(CmEvent event) {
    return switch (event.type()) {
      case CmEvent.ADDR_ERROR ->
          event.status() == -ENODEV ? ConnectionFailure.NO_DEVICE : ConnectionFailure.NO_ADDRESS;
      case CmEvent.ROUTE_ERROR -> ConnectionFailure.NO_ROUTE;
      case CmEvent.REJECTED ->
          event.status() == INVALID_SERVICE || event.status() == -ECONNREFUSED
              ? ConnectionFailure.NO_LISTENER
              : ConnectionFailure.REJECTED;
      case CmEvent.UNREACHABLE -> ofUnreachable(event.status());
      case CmEvent.DISCONNECTED -> ConnectionFailure.DISCONNECTED;
      case CmEvent.DEVICE_REMOVAL -> ConnectionFailure.DEVICE_REMOVED;
      default -> ConnectionFailure.REFUSED;
    };
  }

  /** The answer of a datagram service comes as UNREACHABLE with a positive status. */
  private static ConnectionFailure ofUnreachable(int status) {
    if (status == SERVICE_NOT_SUPPORTED) {
      return ConnectionFailure.NO_LISTENER;
    }
    return status > 0 ? ConnectionFailure.REJECTED : ConnectionFailure.UNREACHABLE;
  }

  static String status(CmEvent event) {
    int status = event.status();
    if (status < 0) {
      Errno errno = Errno.of(-status);
      return status + " (" + errno.name() + ", " + errno.text() + ")";
    }
    if (event.type() != CmEvent.REJECTED) {
      return Integer.toString(status);
    }
    return status + " (" + rejectReason(status) + ")";
  }

  private static String rejectReason(int status) {
    return switch (status) {
      case 1 -> "no queue pair";
      case 3 -> "no resources";
      case 4 -> "timeout";
      case 5 -> "unsupported request";
      case 6, 7 -> "unknown connection";
      case INVALID_SERVICE -> "no such service";
      case 9 -> "transport not supported";
      case 10 -> "stale connection";
      case 12, 13, 18, 19 -> "wrong address";
      case CONSUMER_DEFINED -> "the peer's program said no";
      default -> "see the InfiniBand specification, volume 1, 12.6.7.2";
    };
  }

  static String cure(String call, int errno, ConnectionFailure failure) {
    if (!failure.cure().isEmpty()) {
      return failure.cure();
    }
    return switch (call) {
      case "rdma_create_event_channel" ->
          switch (errno) {
            case ENOENT, EACCES, EPERM -> Cause.CONNECTION_FILE.cure();
            case ENODEV -> Cause.NO_DEVICE.toString();
            case EMFILE -> Cause.OPEN_FILES.cure();
            default -> "";
          };
      case "rdma_bind_addr", "rdma_listen" ->
          switch (errno) {
            case EADDRINUSE ->
                "another listener or connection has this port: choose another or 0, or set"
                    + " reuseAddress";
            case EADDRNOTAVAIL -> "no interface of this machine has this address";
            case EINVAL -> "the address is not complete: a link-local one needs its interface";
            default -> "";
          };
      case "rdma_resolve_addr" ->
          errno == EINVAL
              ? "the two addresses are not of one family, or a link-local one lacks its interface"
              : "";
      case "rdma_connect", "rdma_reject" ->
          errno == EINVAL ? "the peer has gone away meanwhile, or the device was removed" : "";
      default -> "";
    };
  }
}
