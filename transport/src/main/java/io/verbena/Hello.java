package io.verbena;

import io.verbena.lane.rdma.RdmaCandidate;
import io.verbena.lane.rdma.RdmaSurvey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

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
 *  u32  frames with credit that the peer may send at first over TCP,
 *  u32  and over RDMA
 *  u16  one-sided operations that the peer may have under way
 *  u32  ms within which this side gives a sign of life; 0: only while its program polls
 *  u32  ms that this side would wait for the probe: the shorter wait counts
 *  u8   how many RDMA candidates follow ({@link RdmaCandidate}), at most 16; after none of them the
 *       reason ({@link WireText})
 * </pre>
 *
 * @param candidates what can be chosen from for RDMA
 * @param noRdma why there is no candidate
 */
record Hello(
    int lowestVersion,
    int highestVersion,
    UUID node,
    UUID session,
    int maxMessageBytes,
    int tcpWindow,
    int rdmaWindow,
    int depth,
    int keepaliveMillis,
    int probeMillis,
    List<RdmaCandidate> candidates,
    String noRdma) {

  static final int MAGIC = 0x5652424E;
  static final int VERSION = 1;
  static final int PREFIX = 6;
  static final int MAX_BODY = 4096;
  private static final int FIXED = 2 + 4 + 16 + 16 + 4 + 4 + 4 + 2 + 4 + 4 + 1;
  private static final int MAX_WINDOW = 1 << 16;
  private static final int MAX_DEPTH = 1 << 12;
  private static final int MAX_MILLIS = 24 * 60 * 60 * 1000;

  /** Keeps a copy of the list. */
  Hello {
    candidates = List.copyOf(candidates);
  }

  ByteBuffer encode() {
    ByteBuffer out = ByteBuffer.allocate(PREFIX + MAX_BODY);
    out.putInt(MAGIC).putShort((short) 0);
    out.put((byte) lowestVersion).put((byte) highestVersion).putInt(0);
    out.putLong(node.getMostSignificantBits()).putLong(node.getLeastSignificantBits());
    out.putLong(session.getMostSignificantBits()).putLong(session.getLeastSignificantBits());
    out.putInt(maxMessageBytes).putInt(tcpWindow).putInt(rdmaWindow).putShort((short) depth);
    out.putInt(keepaliveMillis).putInt(probeMillis);
    out.put((byte) candidates.size());
    candidates.forEach(candidate -> candidate.write(out));
    if (candidates.isEmpty()) {
      WireText.put(out, noRdma);
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
    int maxMessage = checked("message limit", in.getInt(), 1, Integer.MAX_VALUE);
    int tcpWindow = checked("window", in.getInt(), 1, MAX_WINDOW);
    int rdmaWindow = checked("window", in.getInt(), 1, MAX_WINDOW);
    int depth = checked("operation limit", Short.toUnsignedInt(in.getShort()), 1, MAX_DEPTH);
    int keepalive = checked("keepalive", in.getInt(), 0, MAX_MILLIS);
    int probe = checked("probe timeout", in.getInt(), 1, MAX_MILLIS);
    int count = Byte.toUnsignedInt(in.get());
    checked("number of RDMA candidates", count, 0, RdmaSurvey.MAX_CANDIDATES);
    List<RdmaCandidate> candidates = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      candidates.add(RdmaCandidate.read(in));
    }
    String noRdma = count == 0 ? WireText.get(in) : "";
    return new Hello(
        lowest,
        highest,
        node,
        session,
        maxMessage,
        tcpWindow,
        rdmaWindow,
        depth,
        keepalive,
        probe,
        candidates,
        noRdma);
  }

  private static int checked(String what, int value, int least, int most) throws IOException {
    if (value < least || value > most) {
      throw new IOException("its hello has an impossible " + what + ": " + value);
    }
    return value;
  }
}
