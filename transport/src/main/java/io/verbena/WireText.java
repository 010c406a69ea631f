package io.verbena;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** A reason on the wire: u16 length of at most {@value #MAX_BYTES}, then UTF-8. */
final class WireText {
  static final int MAX_BYTES = 512;

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
