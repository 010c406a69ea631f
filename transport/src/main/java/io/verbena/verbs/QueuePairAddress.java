package io.verbena.verbs;

/**
 * What a peer must know to connect to a queue pair. A value to send over any byte channel; none of
 * it is secret, and none of it authenticates anybody. Immutable.
 *
 * @param number the queue pair's number, 24 bits
 * @param packetSequence the first packet sequence number that it sends, 24 bits, random
 * @param lid the port's LID, 0 on Ethernet
 * @param gid the port's GID at {@code gidIndex}
 * @param port the owner's port, counted from 1
 * @param gidIndex the owner's place of {@code gid} in the GID table
 * @param mtuBytes the port's active MTU, in bytes; the smaller of both sides is used
 * @param linkLayer what the port speaks: both sides must speak the same
 */
public record QueuePairAddress(
    int number,
    int packetSequence,
    int lid,
    Gid gid,
    int port,
    int gidIndex,
    int mtuBytes,
    LinkLayer linkLayer) {
  private static final int MAX_24_BITS = 0xffffff;

  /**
   * Checks the ranges: an address often comes from another machine.
   *
   * @throws IllegalArgumentException if a number is out of the range that its field has on the wire
   */
  public QueuePairAddress {
    require(number >= 0 && number <= MAX_24_BITS, "number", number);
    require(packetSequence >= 0 && packetSequence <= MAX_24_BITS, "packetSequence", packetSequence);
    require(lid >= 0 && lid <= 0xffff, "lid", lid);
    require(port >= 1 && port <= 0xff, "port", port);
    require(gidIndex >= 0 && gidIndex <= 0xff, "gidIndex", gidIndex);
    require(
        mtuBytes >= 256 && mtuBytes <= 4096 && Integer.bitCount(mtuBytes) == 1,
        "mtuBytes",
        mtuBytes);
  }

  private static void require(boolean valid, String name, int value) {
    if (!valid) {
      throw new IllegalArgumentException("a queue pair address cannot have " + name + " " + value);
    }
  }
}
