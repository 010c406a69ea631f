package io.verbena;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** A reason on the wire: u16 length of at most {@value #MAX_BYTES}, then UTF-8. */
final class WireText {
  static final int MAX_BYTES = 512;

  /** Control characters, invisible ones that change how others look, and ends of lines. */
  private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]");

  private WireText() {}

  /** Writes a text, cut where it is longer. */
  static void put(ByteBuffer out, String text) {
    int lengthAt = out.position();
    out.putShort((short) 0);
    ByteBuffer room = out.slice(out.position(), Math.min(out.remaining(), MAX_BYTES));
    StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text), room, true);
    out.putShort(lengthAt, (short) room.position());
    out.position(lengthAt + 2 + room.position());
  }

  static String get(ByteBuffer in) throws IOException {
    if (in.remaining() < 2) {
      throw new IOException("a text is cut off");
    }
    int length = Short.toUnsignedInt(in.getShort());
    if (length > MAX_BYTES || length > in.remaining()) {
      throw new IOException("a text has an impossible length: " + length);
    }
    ByteBuffer bytes = in.slice(in.position(), length);
    in.position(in.position() + length);
    try {
      // It is printed: what a stranger says must not steer a terminal.
      return UNPRINTABLE.matcher(StandardCharsets.UTF_8.newDecoder().decode(bytes)).replaceAll("?");
    } catch (CharacterCodingException e) {
      throw new IOException("a text is not UTF-8", e);
    }
  }
}
