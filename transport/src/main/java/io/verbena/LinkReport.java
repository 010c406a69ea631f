package io.verbena;

import java.util.List;

/**
 * A link and how it came about: printable, on one line.
 *
 * @param link what was chosen
 * @param path of RDMA: addresses, partition, MTU and the peer's port; empty for TCP, whose {@link
 *     Link.Tcp#why} says the rest
 * @param passedOver of this side's other ports, each with the reason why it was not chosen; ports
 *     that are just as good are left out
 */
public record LinkReport(Link link, String path, List<String> passedOver) {
  /** Keeps a copy of the list. */
  public LinkReport {
    passedOver = List.copyOf(passedOver);
  }

  /**
   * All of it.
   *
   * @return for example {@code RDMA mlx5_0:1 (RoCE v2, GID 3 ::ffff:10.0.0.1, partition 0xffff, MTU
   *     4096, 100000 Mb/s, to mlx5_2:1 ::ffff:10.0.0.2); not mlx5_1:1: port DOWN}
   */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(link.toString());
    if (!path.isEmpty()) {
      text.append(" (").append(path).append(')');
    }
    for (String each : passedOver) {
      text.append("; not ").append(each);
    }
    return text.toString();
  }
}
