package io.verbena.verbs;

import java.io.IOException;
import java.nio.ByteBuffer;

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
  /** The length of the form that {@link #writeTo} writes. */
  public static final int ENCODED_BYTES = 32;

  private static final int MAX_24_BITS = 0xffffff;
  private static final byte INFINIBAND = 1;
  private static final byte ETHERNET = 2;

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

  /**
   * Appends the address in a form of {@value #ENCODED_BYTES} bytes, big-endian whatever the
   * buffer's order: link layer (1 byte: 1 InfiniBand, 2 Ethernet), port (1), GID index (2), MTU in
   * bytes (2), LID (2), GID (16), number (4), packet sequence number (4).
   *
   * @param out has at least that many bytes left
   * @throws java.nio.BufferOverflowException if it has not
   */
  public void writeTo(ByteBuffer out) {
    // Its own view: the order of the caller's buffer is the caller's.
    ByteBuffer bytes = ByteBuffer.allocate(ENCODED_BYTES);
    bytes.put(linkLayer == LinkLayer.ETHERNET ? ETHERNET : INFINIBAND);
    bytes.put((byte) port).putShort((short) gidIndex);
    bytes.putShort((short) mtuBytes).putShort((short) lid);
    bytes.put(gid.toBytes()).putInt(number).putInt(packetSequence);
    out.put(bytes.flip());
  }

  /**
   * Takes an address that {@link #writeTo} wrote.
   *
   * @param in starts with it; moved behind it
   * @return the address
   * @throws IOException if it is cut off or impossible: says what
   */
  public static QueuePairAddress readFrom(ByteBuffer in) throws IOException {
    if (in.remaining() < ENCODED_BYTES) {
      throw new IOException(
          "a queue pair address has " + ENCODED_BYTES + " bytes, not " + in.remaining());
    }
    byte[] taken = new byte[ENCODED_BYTES];
    in.get(taken);
    ByteBuffer bytes = ByteBuffer.wrap(taken);
    byte layer = bytes.get();
    if (layer != INFINIBAND && layer != ETHERNET) {
      throw new IOException("a queue pair address names an unknown link layer: " + layer);
    }
    int port = Byte.toUnsignedInt(bytes.get());
    int gidIndex = Short.toUnsignedInt(bytes.getShort());
    int mtu = Short.toUnsignedInt(bytes.getShort());
    int lid = Short.toUnsignedInt(bytes.getShort());
    byte[] gid = new byte[Gid.BYTES];
    bytes.get(gid);
    LinkLayer linkLayer = layer == ETHERNET ? LinkLayer.ETHERNET : LinkLayer.INFINIBAND;
    try {
      return new QueuePairAddress(
          bytes.getInt(), bytes.getInt(), lid, Gid.of(gid), port, gidIndex, mtu, linkLayer);
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static void require(boolean valid, String name, int value) {
    if (!valid) {
      throw new IllegalArgumentException("a queue pair address cannot have " + name + " " + value);
    }
  }
}
