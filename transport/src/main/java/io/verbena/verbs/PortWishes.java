package io.verbena.verbs;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * What a port must be like for {@link Device#choose}; without a wish anything will do, but the port
 * must always be active. Immutable.
 *
 * @param device the adapter's name, or null
 * @param port the port's number, or 0
 * @param linkLayer what the port speaks, or null
 * @param gidType the protocol of the address; or null, which on Ethernet means RoCE version 2
 * @param address the address of this machine that the port must have, or null
 * @param pkey the partition that the port must be in: 16 bits, of which the highest does not count;
 *     or 0
 */
public record PortWishes(
    @Nullable String device,
    int port,
    @Nullable LinkLayer linkLayer,
    @Nullable GidType gidType,
    @Nullable InetAddress address,
    int pkey) {
  private static final PortWishes NONE = new PortWishes(null, 0, null, null, null, 0);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a number is negative or too large
   */
  public PortWishes {
    if (port < 0 || port > 255) {
      throw new IllegalArgumentException("a port is 1 to 255, or 0 for any, not " + port);
    }
    if (pkey < 0 || pkey > 0xffff) {
      throw new IllegalArgumentException("a partition key has 16 bits, not " + pkey);
    }
  }

  /**
   * No wishes: the best active port.
   *
   * @return the same value always
   */
  public static PortWishes none() {
    return NONE;
  }

  /**
   * A copy with another {@link #device}.
   *
   * @param name the adapter's name
   * @return the copy
   */
  public PortWishes withDevice(String name) {
    return new PortWishes(name, port, linkLayer, gidType, address, pkey);
  }

  /**
   * A copy with another {@link #port}.
   *
   * @param number the port's number, or 0 for any
   * @return the copy
   */
  public PortWishes withPort(int number) {
    return new PortWishes(device, number, linkLayer, gidType, address, pkey);
  }

  /**
   * A copy with another {@link #linkLayer}.
   *
   * @param value what the port must speak
   * @return the copy
   */
  public PortWishes withLinkLayer(LinkLayer value) {
    return new PortWishes(device, port, value, gidType, address, pkey);
  }

  /**
   * A copy with another {@link #gidType}.
   *
   * @param value the protocol of the address
   * @return the copy
   */
  public PortWishes withGidType(GidType value) {
    return new PortWishes(device, port, linkLayer, value, address, pkey);
  }

  /**
   * A copy with another {@link #address}: that of the local end of a TCP connection to the peer,
   * say.
   *
   * @param value an address of this machine
   * @return the copy
   */
  public PortWishes withAddress(InetAddress value) {
    return new PortWishes(device, port, linkLayer, gidType, value, pkey);
  }

  /**
   * A copy with another {@link #pkey}.
   *
   * @param value the partition that the port must be in
   * @return the copy
   */
  public PortWishes withPkey(int value) {
    return new PortWishes(device, port, linkLayer, gidType, address, value);
  }
}
