package io.verbena.lane.rdma;

import io.verbena.verbs.Gid;
import io.verbena.verbs.GidType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One address of a port that a side could use for RDMA, as its peer has to know it to choose. On
 * the wire, big-endian: GID type (u8: 0 InfiniBand, 1 RoCE v1, 2 RoCE v2), port (u8), GID index
 * (u8), flags (u8: 1 tied), MTU in bytes (u16), LID (u16), GID (16 bytes), Mb/s (u32), distance
 * (u8), device name (u8 length of 1 to {@value #MAX_NAME}, printable ASCII), partition keys (u8
 * count of 1 to {@value #MAX_PKEYS}, u16 each).
 *
 * @param device the adapter's name
 * @param port the port, from 1
 * @param type the protocol of the address
 * @param gidIndex the owner's place of the GID
 * @param gid the address
 * @param lid the address in an InfiniBand subnet, else 0
 * @param mtuBytes the MTU in effect
 * @param megabitsPerSecond signalling rate, 0 if unknown
 * @param distance how far the adapter is from the memory of its process, as ACPI counts: 10 is near
 * @param tied whether it is of the network interface that the TCP connection runs through
 * @param pkeys partition keys, none of them zero
 */
public record RdmaCandidate(
    String device,
    int port,
    GidType type,
    int gidIndex,
    Gid gid,
    int lid,
    int mtuBytes,
    int megabitsPerSecond,
    int distance,
    boolean tied,
    List<Integer> pkeys) {
  /** More keys of a port are not offered. */
  public static final int MAX_PKEYS = 16;

  /** Bytes of the longest name. */
  public static final int MAX_NAME = 63;

  /** Bytes of the longest candidate on the wire. */
  public static final int MAX_BYTES = 32 + MAX_NAME + 1 + 2 * MAX_PKEYS;

  private static final int FIXED = 33;

  /** As they are numbered on the wire. */
  private static final List<GidType> TYPES =
      List.of(GidType.INFINIBAND, GidType.ROCE_V1, GidType.ROCE_V2);

  private static final int TIED = 1;

  /** Keeps a copy of the keys. */
  public RdmaCandidate {
    pkeys = List.copyOf(pkeys);
  }

  /** Where it is, as in {@code mlx5_0:1}. */
  public String place() {
    return device + ':' + port;
  }

  /** What it speaks, for people. */
  public String protocol() {
    return switch (type) {
      case INFINIBAND -> "InfiniBand";
      case ROCE_V1 -> "RoCE v1";
      case ROCE_V2 -> "RoCE v2";
      case UNKNOWN -> "an unknown protocol";
    };
  }

  /** Appends this candidate; a name is shortened and printable. */
  public void write(ByteBuffer out) {
    out.put((byte) TYPES.indexOf(type)).put((byte) port).put((byte) gidIndex);
    out.put((byte) (tied ? TIED : 0)).putShort((short) mtuBytes).putShort((short) lid);
    out.putLong(gid.subnetPrefix()).putLong(gid.interfaceId());
    out.putInt(megabitsPerSecond).put((byte) distance);
    byte[] name = device.replaceAll("[^!-~]", "?").getBytes(StandardCharsets.US_ASCII);
    int length = Math.min(name.length, MAX_NAME);
    out.put((byte) length).put(name, 0, length);
    int count = Math.min(pkeys.size(), MAX_PKEYS);
    out.put((byte) count);
    for (int i = 0; i < count; i++) {
      out.putShort(pkeys.get(i).shortValue());
    }
  }

  /**
   * Reads a candidate.
   *
   * @throws IOException if it is cut off or impossible
   */
  public static RdmaCandidate read(ByteBuffer in) throws IOException {
    require(in.remaining() > FIXED, "is cut off");
    int type = in.get();
    require(type >= 0 && type < TYPES.size(), "speaks a protocol of its own: " + type);
    int port = Byte.toUnsignedInt(in.get());
    require(port > 0, "has port 0");
    int gidIndex = Byte.toUnsignedInt(in.get());
    boolean tied = (in.get() & TIED) != 0;
    int mtu = Short.toUnsignedInt(in.getShort());
    require(mtu >= 256 && mtu <= 4096 && Integer.bitCount(mtu) == 1, "has the MTU " + mtu);
    int lid = Short.toUnsignedInt(in.getShort());
    var gid = new Gid(in.getLong(), in.getLong());
    require(!gid.isZero() && !gid.isMulticast(), "has the address " + gid);
    int rate = in.getInt();
    require(rate >= 0, "is impossibly fast");
    int distance = Byte.toUnsignedInt(in.get());
    String device = readName(in);
    List<Integer> pkeys = readPkeys(in);
    return new RdmaCandidate(
        device, port, TYPES.get(type), gidIndex, gid, lid, mtu, rate, distance, tied, pkeys);
  }

  private static String readName(ByteBuffer in) throws IOException {
    int length = Byte.toUnsignedInt(in.get());
    require(length > 0 && length <= MAX_NAME && length < in.remaining(), "has no proper name");
    byte[] name = new byte[length];
    in.get(name);
    for (byte each : name) {
      require(each > ' ' && each <= '~', "has an unprintable name");
    }
    return new String(name, StandardCharsets.US_ASCII);
  }

  private static List<Integer> readPkeys(ByteBuffer in) throws IOException {
    int count = Byte.toUnsignedInt(in.get());
    require(
        count > 0 && count <= MAX_PKEYS && count * Short.BYTES <= in.remaining(),
        "has " + count + " partition keys");
    List<Integer> pkeys = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int pkey = Short.toUnsignedInt(in.getShort());
      require((pkey & RdmaPair.PARTITION) != 0, "has an empty partition key");
      pkeys.add(pkey);
    }
    return pkeys;
  }

  private static void require(boolean possible, String problem) throws IOException {
    if (!possible) {
      throw new IOException("an RDMA candidate " + problem);
    }
  }
}
