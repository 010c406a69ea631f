package io.verbena.lane.rdma;

import io.verbena.verbs.Gid;
import io.verbena.verbs.LinkLayer;
import io.verbena.verbs.QueuePairAddress;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What a peer needs to connect its queue pair to ours: {@value #BYTES} bytes, big-endian.
 *
 * <pre>
 *  u8   link layer: 1 InfiniBand, 2 Ethernet (RoCE v2)
 *  u8   port
 *  u16  GID index
 *  u16  active MTU in bytes
 *  u16  LID
 *  u128 GID
 *  u32  queue pair number
 *  u32  first packet sequence number
 *  u16  partition key
 * </pre>
 */
public record RdmaOffer(QueuePairAddress address, int partitionKey) {
  /** Length on the wire. */
  public static final int BYTES = 34;

  /** Appends this offer. */
  public void write(ByteBuffer out) {
    out.put((byte) (address.linkLayer() == LinkLayer.ETHERNET ? 2 : 1));
    out.put((byte) address.port());
    out.putShort((short) address.gidIndex());
    out.putShort((short) address.mtuBytes());
    out.putShort((short) address.lid());
    out.put(address.gid().toBytes());
    out.putInt(address.number());
    out.putInt(address.packetSequence());
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
    int layer = in.get();
    if (layer != 1 && layer != 2) {
      throw new IOException("its RDMA offer names an unknown link layer: " + layer);
    }
    int port = Byte.toUnsignedInt(in.get());
    int gidIndex = Short.toUnsignedInt(in.getShort());
    int mtu = Short.toUnsignedInt(in.getShort());
    int lid = Short.toUnsignedInt(in.getShort());
    byte[] gid = new byte[Gid.BYTES];
    in.get(gid);
    int number = in.getInt();
    int sequence = in.getInt();
    int key = Short.toUnsignedInt(in.getShort());
    try {
      var address =
          new QueuePairAddress(
              number,
              sequence,
              lid,
              Gid.of(gid),
              port,
              gidIndex,
              mtu,
              layer == 2 ? LinkLayer.ETHERNET : LinkLayer.INFINIBAND);
      return new RdmaOffer(address, key);
    } catch (IllegalArgumentException e) {
      throw new IOException("its RDMA offer is impossible: " + e.getMessage(), e);
    }
  }
}
