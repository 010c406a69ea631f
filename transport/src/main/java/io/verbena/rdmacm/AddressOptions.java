package io.verbena.rdmacm;

import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How an address is used, by a listener or on the way to one; stands for {@code rdma_set_option},
 * see its manual page. Immutable.
 *
 * @param portSpace whose port numbers, and with it connections or datagrams
 * @param source the local address to start from; empty lets the routing table choose. Not for a
 *     listener
 * @param typeOfService the IP type of service, 0 to 255; on InfiniBand it chooses the service level
 * @param reuseAddress whether a local port may be used that is still or already in use, as {@code
 *     SO_REUSEADDR}
 * @param addressFamilyOnly whether a listener on the IPv6 wildcard address leaves IPv4 to others,
 *     as {@code IPV6_V6ONLY}; empty takes the system's default
 * @param ackTimeout how long the queue pair waits for an acknowledgement before it tries again:
 *     4.096 us times 2 to this power, 0 to 31, where 0 waits for ever. Empty takes the connection
 *     manager's: on RoCE 19, 2 seconds a try, so that with {@link ConnectionParameters#retryCount}
 *     6 a dead peer is noticed after a quarter of a minute; 14 is 67 ms a try
 */
public record AddressOptions(
    PortSpace portSpace,
    Optional<InetSocketAddress> source,
    OptionalInt typeOfService,
    boolean reuseAddress,
    Optional<Boolean> addressFamilyOnly,
    OptionalInt ackTimeout) {
  private static final AddressOptions DEFAULTS =
      new AddressOptions(
          PortSpace.TCP,
          Optional.empty(),
          OptionalInt.empty(),
          false,
          Optional.empty(),
          OptionalInt.empty());

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a value is out of its range
   */
  public AddressOptions {
    check("typeOfService", typeOfService, 255);
    check("ackTimeout", ackTimeout, 31);
  }

  private static void check(String name, OptionalInt value, int to) {
    if (value.isPresent() && (value.getAsInt() < 0 || value.getAsInt() > to)) {
      throw new IllegalArgumentException(
          name + " must be between 0 and " + to + ", not " + value.getAsInt());
    }
  }

  /**
   * Connections, everything else as the system has it.
   *
   * @return the one instance
   */
  public static AddressOptions defaults() {
    return DEFAULTS;
  }

  /**
   * A copy with another {@link #portSpace}.
   *
   * @param value whose port numbers
   * @return the copy
   */
  public AddressOptions withPortSpace(PortSpace value) {
    return new AddressOptions(
        value, source, typeOfService, reuseAddress, addressFamilyOnly, ackTimeout);
  }

  /**
   * A copy with another {@link #source}.
   *
   * @param value the local address; port 0 lets the system choose
   * @return the copy
   */
  public AddressOptions withSource(InetSocketAddress value) {
    return new AddressOptions(
        portSpace, Optional.of(value), typeOfService, reuseAddress, addressFamilyOnly, ackTimeout);
  }

  /**
   * A copy with another {@link #typeOfService}.
   *
   * @param value 0 to 255
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public AddressOptions withTypeOfService(int value) {
    return new AddressOptions(
        portSpace, source, OptionalInt.of(value), reuseAddress, addressFamilyOnly, ackTimeout);
  }

  /**
   * A copy with another {@link #reuseAddress}.
   *
   * @param value whether the local port may be in use
   * @return the copy
   */
  public AddressOptions withReuseAddress(boolean value) {
    return new AddressOptions(
        portSpace, source, typeOfService, value, addressFamilyOnly, ackTimeout);
  }

  /**
   * A copy with another {@link #addressFamilyOnly}.
   *
   * @param value whether IPv4 is left to others
   * @return the copy
   */
  public AddressOptions withAddressFamilyOnly(boolean value) {
    return new AddressOptions(
        portSpace, source, typeOfService, reuseAddress, Optional.of(value), ackTimeout);
  }

  /**
   * A copy with another {@link #ackTimeout}.
   *
   * @param value the timeout exponent, 0 to 31
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public AddressOptions withAckTimeout(int value) {
    return new AddressOptions(
        portSpace, source, typeOfService, reuseAddress, addressFamilyOnly, OptionalInt.of(value));
  }
}
