package io.verbena.verbs;

import java.net.InetAddress;
import java.util.List;

/**
 * A port to work with, as {@link Device#choose} found it. Tables change: choose anew after {@link
 * AsyncEventType#GID_CHANGE} and {@link AsyncEventType#PKEY_CHANGE}. Immutable.
 *
 * @param device the adapter
 * @param port the port
 * @param gids the addresses that fit the wishes, at least one, the best first
 * @param pkeyIndex the place of the partition key to use
 * @param reason why this one: a clause for people
 */
public record PortChoice(
    Device device, PortAttributes port, List<GidEntry> gids, int pkeyIndex, String reason) {
  /**
   * Keeps a copy of the list.
   *
   * @throws IllegalArgumentException if there is no address
   */
  public PortChoice {
    gids = List.copyOf(gids);
    if (gids.isEmpty()) {
      throw new IllegalArgumentException("a port without an address cannot be used");
    }
  }

  /**
   * The address to use: {@link QueuePair#address} takes its index.
   *
   * @return the best
   */
  public GidEntry gid() {
    return gids.getFirst();
  }

  /**
   * The address to use for a peer that is reached from a certain address of this machine: that of
   * the local end of a TCP connection, say.
   *
   * @param local an address of this machine
   * @return the port's GID for it; the best if there is none
   */
  public GidEntry gid(InetAddress local) {
    return gids.stream()
        .filter(entry -> entry.gid().inetAddress().equals(local))
        .findFirst()
        .orElse(gid());
  }
}
