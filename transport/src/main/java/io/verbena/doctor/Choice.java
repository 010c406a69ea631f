package io.verbena.doctor;

import java.util.List;

/**
 * What Verbena would use for a peer that is like this machine; for another peer it may be another
 * port of those that can be used, since both sides have a say. Immutable.
 *
 * @param device the adapter
 * @param port its port, from 1
 * @param protocol {@code InfiniBand}, {@code RoCE v1} or {@code RoCE v2}
 * @param gidIndex the place of the address in the port's table
 * @param gid the address
 * @param pkey the partition key, 16 bits
 * @param megabitsPerSecond the link's signalling rate, 0 if unknown
 * @param passedOver this machine's other ports, each with the reason why it is not chosen; those as
 *     good are left out
 */
public record Choice(
    String device,
    int port,
    String protocol,
    int gidIndex,
    String gid,
    int pkey,
    int megabitsPerSecond,
    List<String> passedOver) {
  /** Keeps a copy of the list. */
  public Choice {
    passedOver = List.copyOf(passedOver);
  }

  /**
   * Where it is.
   *
   * @return for example {@code mlx5_ib0 port 1}
   */
  public String place() {
    return device + " port " + port;
  }

  /**
   * For messages.
   *
   * @return for example {@code mlx5_ib0 port 1, InfiniBand at 200 Gb/s, GID 0, partition key
   *     0x8005}
   */
  @Override
  public String toString() {
    return "%s, %s%s, GID %d, partition key 0x%04x"
        .formatted(place(), protocol, rate(), gidIndex, pkey);
  }

  private String rate() {
    if (megabitsPerSecond == 0) {
      return "";
    }
    return megabitsPerSecond % 1000 == 0
        ? " at %d Gb/s".formatted(megabitsPerSecond / 1000)
        : " at %d Mb/s".formatted(megabitsPerSecond);
  }
}
