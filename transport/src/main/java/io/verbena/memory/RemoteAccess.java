package io.verbena.memory;

/** What a peer may do with granted memory. */
public enum RemoteAccess {
  /** RDMA read. */
  READ,
  /** RDMA write. */
  WRITE,
  /** Fetch-and-add and compare-and-swap on aligned 64-bit words. */
  ATOMIC
}
