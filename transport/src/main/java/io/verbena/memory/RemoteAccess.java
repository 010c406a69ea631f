package io.verbena.memory;

import io.verbena.verbs.Access;

/** What a peer may do with granted memory. */
public enum RemoteAccess {
  /** RDMA read. */
  READ(Access.REMOTE_READ),
  /** RDMA write. */
  WRITE(Access.REMOTE_WRITE),
  /** Fetch-and-add and compare-and-swap on aligned 64-bit words. */
  ATOMIC(Access.REMOTE_ATOMIC);

  /** What a registration has to allow for it. */
  final Access access;

  RemoteAccess(Access access) {
    this.access = access;
  }
}
