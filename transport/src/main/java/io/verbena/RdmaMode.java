package io.verbena;

/** Whether a transport uses RDMA. */
public enum RdmaMode {
  /** Connections that cannot use RDMA fail, with the reason. */
  REQUIRED,
  /** RDMA where both peers have it, otherwise TCP; {@link Endpoint#link} tells which and why. */
  PREFERRED,
  /** TCP only; no RDMA library is touched. */
  OFF
}
