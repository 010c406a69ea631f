package io.verbena.rdmacm;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A few bytes that travel with a request, its acceptance or its rejection.
 *
 * <p>The protocol pads them with zeros to the room that the message has, and tells the receiver
 * that room instead of the length. {@link #raw} sends bytes as they are, for a peer that knows its
 * structure; this is what C programs do. {@link #sized} puts four bytes before them (the letters
 * {@code VP}, the length and its complement), from which {@link #content} restores exactly what was
 * sent; both sides have to be Verbena's, or know of it.
 *
 * <table>
 * <caption>The most bytes on InfiniBand and RoCE, with {@link #sized} four less</caption>
 * <tr><th>message</th><th>{@link PortSpace#TCP}</th><th>{@link PortSpace#UDP}</th></tr>
 * <tr><td>request</td><td>56</td><td>180</td></tr>
 * <tr><td>acceptance</td><td>196</td><td>136</td></tr>
 * <tr><td>rejection</td><td>148</td><td>136</td></tr>
 * </table>
 *
 * <p>Immutable.
 */
public final class PrivateData {
  private static final int HEADER_BYTES = 4;
  private static final PrivateData NONE = new PrivateData(new byte[0]);

  /** The message that carries the bytes: each has its own room. */
  enum Carrier {
    REQUEST("a connection request", 56, 180),
    ACCEPTANCE("an acceptance", 196, 136),
    REJECTION("a rejection", 148, 136);

    private final String text;
    private final int connected;
    private final int datagram;

    Carrier(String text, int connected, int datagram) {
      this.text = text;
      this.connected = connected;
      this.datagram = datagram;
    }
  }

  private final byte[] bytes;

  private PrivateData(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * No bytes.
   *
   * @return the one instance
   */
  public static PrivateData none() {
    return NONE;
  }

  /**
   * Bytes as they are: the receiver finds zeros behind them.
   *
   * @param bytes what to send, copied
   * @return the data
   */
  public static PrivateData raw(byte... bytes) {
    return new PrivateData(bytes.clone());
  }

  /**
   * Bytes with their length.
   *
   * @param content what the receiver gets from {@link #content}, copied
   * @return the data, four bytes longer
   * @throws IllegalArgumentException if there are more than 192 bytes, which no message has room
   *     for
   */
  public static PrivateData sized(byte... content) {
    if (content.length > Carrier.ACCEPTANCE.connected - HEADER_BYTES) {
      throw new IllegalArgumentException(
          "private data has at most 192 bytes, not " + content.length);
    }
    byte[] bytes = new byte[HEADER_BYTES + content.length];
    bytes[0] = 'V';
    bytes[1] = 'P';
    bytes[2] = (byte) content.length;
    bytes[3] = (byte) ~content.length;
    System.arraycopy(content, 0, bytes, HEADER_BYTES, content.length);
    return new PrivateData(bytes);
  }

  /** Checks the length against the message's room. */
  void requireRoom(Carrier carrier, boolean datagram) {
    int room = datagram ? carrier.datagram : carrier.connected;
    if (bytes.length > room) {
      throw new IllegalArgumentException(
          carrier.text
              + " has room for "
              + room
              + " bytes of private data, not "
              + bytes.length
              + ": send the rest through the queue pair");
    }
  }

  /**
   * The bytes as they travel.
   *
   * @return a copy; of received data with the zeros behind it, of {@link #sized} data with the four
   *     bytes before it
   */
  public byte[] bytes() {
    return bytes.clone();
  }

  /**
   * How many bytes travel.
   *
   * @return as {@link #bytes}
   */
  public int length() {
    return bytes.length;
  }

  /**
   * What the peer passed to {@link #sized}.
   *
   * @return a copy; empty if the peer did not use it
   */
  public Optional<byte[]> content() {
    if (bytes.length < HEADER_BYTES || bytes[0] != 'V' || bytes[1] != 'P') {
      return Optional.empty();
    }
    int length = bytes[2] & 0xff;
    if ((~bytes[3] & 0xff) != length || HEADER_BYTES + length > bytes.length) {
      return Optional.empty();
    }
    return Optional.of(Arrays.copyOfRange(bytes, HEADER_BYTES, HEADER_BYTES + length));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PrivateData data && Arrays.equals(bytes, data.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /**
   * For messages.
   *
   * @return the bytes in hexadecimal
   */
  @Override
  public String toString() {
    return bytes.length == 0 ? "none" : HexFormat.of().formatHex(bytes);
  }
}
