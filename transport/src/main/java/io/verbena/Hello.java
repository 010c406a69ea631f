package io.verbena;

import io.verbena.lane.rdma.RdmaOffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What each side says first on a new TCP connection. Big-endian:
 *
 * <pre>
 *  u32  magic "VRBN"
 *  u16  bytes that follow, at most {@value #MAX_BODY}
 *  u8   lowest and
 *  u8   highest protocol version spoken
 *  u32  features, zero
 *  u128 node: one value for each transport
 *  u128 session: chosen by the client, repeated by the server
 *  u32  longest message accepted
 *  u32  DATA frames that the peer may send before it gets credit
 *  u16  one-sided operations that the peer may have under way
 *  u8   1: an RDMA offer follows ({@link RdmaOffer}); 0: u16 length and the UTF-8 reason follow
 * </pre>
 */
record Hello(
    int lowestVersion,
    int highestVersion,
    UUID node,
    UUID session,
    int maxMessageBytes,
    int window,
    int depth,
    @Nullable RdmaOffer offer,
    String noOffer) {

  static final int MAGIC = 0x5652424E;
  static final int VERSION = 1;
  static final int PREFIX = 6;
  static final int MAX_BODY = 1024;
  private static final int FIXED = 2 + 4 + 16 + 16 + 4 + 4 + 2 + 1;
  private static final int MAX_REASON = 512;
  private static final int MAX_WINDOW = 1 << 16;
  private static final int MAX_DEPTH = 1 << 12;

  ByteBuffer encode() {
    ByteBuffer out = ByteBuffer.allocate(PREFIX + MAX_BODY);
    out.putInt(MAGIC).putShort((short) 0);
    out.put((byte) lowestVersion).put((byte) highestVersion).putInt(0);
    out.putLong(node.getMostSignificantBits()).putLong(node.getLeastSignificantBits());
    out.putLong(session.getMostSignificantBits()).putLong(session.getLeastSignificantBits());
    out.putInt(maxMessageBytes).putInt(window).putShort((short) depth);
    if (offer != null) {
      out.put((byte) 1);
      offer.write(out);
    } else {
      out.put((byte) 0);
      putText(out, noOffer);
    }
    out.putShort(4, (short) (out.position() - PREFIX));
    return out.flip();
  }

  /** Reads what follows the prefix. */
  static Hello decode(ByteBuffer in) throws IOException {
    if (in.remaining() < FIXED) {
      throw new IOException("its hello is too short: " + in.remaining() + " bytes");
    }
    int lowest = Byte.toUnsignedInt(in.get());
    int highest = Byte.toUnsignedInt(in.get());
    in.getInt();
    var node = new UUID(in.getLong(), in.getLong());
    var session = new UUID(in.getLong(), in.getLong());
    int maxMessage = checked("message limit", in.getInt(), Integer.MAX_VALUE);
    int window = checked("window", in.getInt(), MAX_WINDOW);
    int depth = checked("operation limit", Short.toUnsignedInt(in.getShort()), MAX_DEPTH);
    boolean offered = in.get() != 0;
    RdmaOffer offer = offered ? RdmaOffer.read(in) : null;
    String reason = offered ? "" : getText(in);
    return new Hello(lowest, highest, node, session, maxMessage, window, depth, offer, reason);
  }

  private static int checked(String what, int value, int most) throws IOException {
    if (value < 1 || value > most) {
      throw new IOException("its hello has an impossible " + what + ": " + value);
    }
    return value;
  }

  /** Writes a text of a bounded length, cut where it is longer. */
  static void putText(ByteBuffer out, String text) {
    int lengthAt = out.position();
    out.putShort((short) 0);
    ByteBuffer room = out.slice(out.position(), Math.min(out.remaining(), MAX_REASON));
    StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text), room, true);
    out.putShort(lengthAt, (short) room.position());
    out.position(lengthAt + 2 + room.position());
  }

  static String getText(ByteBuffer in) throws IOException {
    if (in.remaining() < 2) {
      throw new IOException("a text is cut off");
    }
    int length = Short.toUnsignedInt(in.getShort());
    if (length > MAX_REASON || length > in.remaining()) {
      throw new IOException("a text has an impossible length: " + length);
    }
    ByteBuffer bytes = in.slice(in.position(), length);
    in.position(in.position() + length);
    try {
      // It is printed: control characters of a stranger have no place on a terminal.
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(bytes)
          .toString()
          .replaceAll("\\p{Cntrl}", "?");
    } catch (CharacterCodingException e) {
      throw new IOException("a text is not UTF-8", e);
    }
  }
}
