package io.verbena.verbs;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * A global identifier: the 128-bit address of a port, an IPv6 address in form; stands for {@code
 * union ibv_gid}. Immutable.
 *
 * @param subnetPrefix the upper 64 bits, in host order
 * @param interfaceId the lower 64 bits, in host order
 */
public record Gid(long subnetPrefix, long interfaceId) {
  /** Bytes of a GID. */
  public static final int BYTES = 16;

  /** The address that no port has. */
  public static final Gid ZERO = new Gid(0, 0);

  /**
   * Reads a GID in wire order.
   *
   * @param bytes 16 bytes, most significant first
   * @return the GID
   * @throws IllegalArgumentException if there are not exactly 16 bytes
   */
  public static Gid of(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("a GID has 16 bytes, not " + bytes.length);
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new Gid(buffer.getLong(), buffer.getLong());
  }

  /**
   * The GID in wire order.
   *
   * @return 16 new bytes, most significant first
   */
  public byte[] toBytes() {
    return ByteBuffer.allocate(BYTES).putLong(subnetPrefix).putLong(interfaceId).array();
  }

  /**
   * Whether this is an empty table entry.
   *
   * @return true if all bits are zero
   */
  public boolean isZero() {
    return (subnetPrefix | interfaceId) == 0;
  }

  /**
   * Whether this stands for an IPv4 address, which is how RoCE derives GIDs from them.
   *
   * @return true for {@code ::ffff:a.b.c.d}
   */
  public boolean isIpv4Mapped() {
    return subnetPrefix == 0 && interfaceId >>> 32 == 0xffffL;
  }

  /**
   * Whether this is a link-local address, which is no use across routers.
   *
   * @return true for {@code fe80::/10}
   */
  public boolean isLinkLocal() {
    return subnetPrefix >>> 54 == 0x3faL;
  }

  /**
   * Whether this stands for a multicast group.
   *
   * @return true for {@code ff00::/8}, and on RoCE for {@code ::ffff:224.0.0.0/100}
   */
  public boolean isMulticast() {
    return subnetPrefix >>> 56 == 0xffL || (isIpv4Mapped() && (int) interfaceId >>> 28 == 0xe);
  }

  /**
   * The same address as Java knows it.
   *
   * @return an {@code Inet4Address} if this {@link #isIpv4Mapped}, else an {@code Inet6Address}
   */
  public InetAddress inetAddress() {
    try {
      return InetAddress.getByAddress(toBytes());
    } catch (UnknownHostException e) {
      throw new AssertionError("16 bytes are an address", e);
    }
  }

  /**
   * The address as IPv6 text in the short form of RFC 5952.
   *
   * @return for example {@code fe80::5054:ff:fe12:3456} or {@code ::ffff:10.0.2.15}
   */
  @Override
  public String toString() {
    if (isIpv4Mapped()) {
      int address = (int) interfaceId;
      return "::ffff:"
          + (address >>> 24)
          + '.'
          + (address >>> 16 & 0xff)
          + '.'
          + (address >>> 8 & 0xff)
          + '.'
          + (address & 0xff);
    }
    int longest = 0;
    int from = -1;
    for (int i = 0, run = 0; i < 8; i++) {
      run = group(i) == 0 ? run + 1 : 0;
      if (run > longest) {
        longest = run;
        from = i - run + 1;
      }
    }
    StringBuilder text = new StringBuilder(39);
    for (int i = 0; i < 8; i++) {
      if (longest > 1 && i == from) {
        text.append("::");
        i += longest - 1;
      } else {
        if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
          text.append(':');
        }
        text.append(Integer.toHexString(group(i)));
      }
    }
    return text.toString();
  }

  private int group(int index) {
    long half = index < 4 ? subnetPrefix : interfaceId;
    return (int) (half >>> (48 - 16 * (index & 3))) & 0xffff;
  }
}
