package io.verbena.lane.rdma;

import io.verbena.verbs.QueuePairAddress;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What a peer needs to connect its queue pair to ours: {@value #BYTES} bytes, big-endian: the
 * address as it {@linkplain QueuePairAddress#writeTo encodes itself}, and the partition key (u16).
 */
public record RdmaOffer(QueuePairAddress address, int partitionKey) {
  /** Length on the wire. */
  public static final int BYTES = QueuePairAddress.ENCODED_BYTES + Short.BYTES;

  /** Appends this offer. */
  public void write(ByteBuffer out) {
    address.writeTo(out);
    out.putShort((short) partitionKey);
  }

  /**
   * Reads an offer.
   *
   * @throws IOException if it is cut off or impossible
   */
  public static RdmaOffer read(ByteBuffer in) throws IOException {
    if (in.remaining() < BYTES) {
      throw new IOException("its RDMA offer is cut off");
    }
    try {
      return new RdmaOffer(QueuePairAddress.readFrom(in), Short.toUnsignedInt(in.getShort()));
    } catch (IOException e) {
      throw new IOException("its RDMA offer is impossible: " + e.getMessage(), e);
    }
  }
}
