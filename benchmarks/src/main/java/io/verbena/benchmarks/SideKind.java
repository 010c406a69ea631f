package io.verbena.benchmarks;

/** What a conversation between two processes goes over; the order is that of the ports. */
enum SideKind {
  CALLER("ours"),
  THREAD("ours"),
  NIO("java.nio"),
  NETTY("Netty epoll");

  private final String title;

  SideKind(String title) {
    this.title = title;
  }

  /** What the reports call it. */
  String title() {
    return title;
  }
}
