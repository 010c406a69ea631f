package io.verbena.samples.interop;

import io.verbena.verbs.Gid;
import io.verbena.verbs.LinkLayer;
import io.verbena.verbs.QueuePairAddress;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A queue pair as the ping-pong programs describe it to each other.
 *
 * @param lid the port's LID
 * @param number the queue pair's number
 * @param packetSequence the first packet sequence number that it sends
 * @param gid the port's GID, zero to do without
 */
record Destination(int lid, int number, int packetSequence, Gid gid) {
  /** What a place of the exchange has that no queue pair uses. */
  static final Destination NONE = new Destination(0, 0, 0, Gid.ZERO);

  /** The characters of {@link #text}. */
  static final int LENGTH = "0000:000000:000000:00000000000000000000000000000000".length();

  private static final Pattern TEXT =
      Pattern.compile("(\\p{XDigit}{4}):(\\p{XDigit}{6}):(\\p{XDigit}{6}):(\\p{XDigit}{32})");

  static Destination of(QueuePairAddress address) {
    return new Destination(
        address.lid(), address.number(), address.packetSequence(), address.gid());
  }

  /** As our library wants it; the peer does not say its port, on which nothing depends. */
  QueuePairAddress address(int port, int mtuBytes, LinkLayer linkLayer) {
    return new QueuePairAddress(number, packetSequence, lid, gid, port, 0, mtuBytes, linkLayer);
  }

  /** In hexadecimal: {@code LID:QPN:PSN:GID}. */
  String text() {
    return String.format(
        Locale.ROOT,
        "%04x:%06x:%06x:%s",
        lid,
        number,
        packetSequence,
        HexFormat.of().formatHex(gid.toBytes()));
  }

  /** The opposite of {@link #text}. */
  static Destination parse(String text) throws IOException {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw new IOException("the peer is not a ping-pong program: it sent \"" + text + "\"");
    }
    return new Destination(
        HexFormat.fromHexDigits(matcher.group(1)),
        HexFormat.fromHexDigits(matcher.group(2)),
        HexFormat.fromHexDigits(matcher.group(3)),
        Gid.of(HexFormat.of().parseHex(matcher.group(4))));
  }

  /** As the programs print it. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "LID 0x%04x, QPN 0x%06x, PSN 0x%06x, GID %s",
        lid,
        number,
        packetSequence,
        gid);
  }
}
