package io.verbena;

import io.verbena.lane.rdma.RdmaPair;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What the client decided about RDMA. Big-endian: u8 1, u8 place of the client's candidate and u8
 * of the server's, u16 partition key of the client and u16 of the server; or u8 0 and the reason
 * ({@link WireText}).
 *
 * @param pair what to use, or null
 * @param reason why there is none
 */
record RdmaChoice(@Nullable RdmaPair pair, String reason) {
  /** What follows a first byte that says that there is a pair. */
  static final int PAIR_BYTES = 6;

  void write(ByteBuffer out) {
    if (pair == null) {
      out.put((byte) 0);
      WireText.put(out, reason);
      return;
    }
    out.put((byte) 1).put((byte) pair.client()).put((byte) pair.server());
    out.putShort((short) pair.clientPkey()).putShort((short) pair.serverPkey());
  }

  static RdmaPair readPair(ByteBuffer in) throws IOException {
    if (in.remaining() < PAIR_BYTES) {
      throw new IOException("its choice is cut off");
    }
    return new RdmaPair(
        Byte.toUnsignedInt(in.get()),
        Byte.toUnsignedInt(in.get()),
        Short.toUnsignedInt(in.getShort()),
        Short.toUnsignedInt(in.getShort()));
  }
}
