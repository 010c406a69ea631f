package io.verbena.benchmarks;

import java.util.EnumSet;
import java.util.Set;

/** What a conversation between two processes goes over; the order is that of the ports. */
enum SideKind {
  CALLER("ours"),
  THREAD("ours"),
  NIO("java.nio"),
  NETTY("Netty epoll"),

  /** Netty as it spins if it is told to; the others sleep as it does by default. */
  NETTY_BUSY("Netty epoll, busy"),
  RDMA_CALLER("ours"),
  RDMA_THREAD("ours"),
  VERBS("raw verbs");

  /** What needs no adapter. */
  static final Set<SideKind> TCP = EnumSet.range(CALLER, NETTY_BUSY);

  /** What needs one. */
  static final Set<SideKind> RDMA = EnumSet.range(RDMA_CALLER, VERBS);

  private final String title;

  SideKind(String title) {
    this.title = title;
  }

  /** What the reports call it. */
  String title() {
    return title;
  }
}
