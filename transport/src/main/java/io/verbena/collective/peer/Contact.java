package io.verbena.collective.peer;

import io.verbena.lane.Interfaces;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;

/**
 * How a process can be reached, as it tells the others. Encoded: u8 version, 16 bytes of machine,
 * 16 bytes of token, u64 choices, u16 port, u8 count, and so many addresses of u8 length (4 or 16)
 * and bytes.
 *
 * @param machine the same for processes that reach each other by the loopback interface
 * @param token what only processes of the job know, and say when they connect
 * @param choices the same for processes that choose the same algorithms
 * @param addresses the better ones first
 */
record Contact(UUID machine, UUID token, long choices, int port, List<InetAddress> addresses) {
  private static final int VERSION = 1;
  private static final int FIXED_BYTES = 44;

  static Contact none() {
    return new Contact(new UUID(0, 0), new UUID(0, 0), 0, 0, List.of());
  }

  /** This process's. */
  static Contact of(long choices, int port) throws IOException {
    var random = new SecureRandom();
    return new Contact(
        ofMachine(), new UUID(random.nextLong(), random.nextLong()), choices, port, ofInterfaces());
  }

  /** One for each boot and network namespace: another one has a loopback interface of its own. */
  private static UUID ofMachine() {
    try {
      String boot = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
      String network = Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString();
      return UUID.nameUUIDFromBytes(
          (boot + network).getBytes(java.nio.charset.StandardCharsets.UTF_8));
    } catch (IOException e) {
      return UUID.randomUUID();
    }
  }

  private static List<InetAddress> ofInterfaces() throws IOException {
    Interfaces kinds = Interfaces.ofMachine();
    List<NetworkInterface> all = new ArrayList<>();
    for (NetworkInterface each : Collections.list(NetworkInterface.getNetworkInterfaces())) {
      if (each.isUp() && !each.isLoopback()) {
        all.add(each);
      }
    }
    all.sort(Comparator.comparing(each -> !kinds.isIpoib(each.getName())));
    List<InetAddress> addresses = new ArrayList<>();
    for (NetworkInterface each : all) {
      // A link-local address means nothing without the interface of who uses it.
      each.inetAddresses().filter(address -> !address.isLinkLocalAddress()).forEach(addresses::add);
    }
    // Of one interface: IPv4 first, which is set up everywhere.
    return addresses;
  }

  long tokenHigh() {
    return token.getMostSignificantBits();
  }

  long tokenLow() {
    return token.getLeastSignificantBits();
  }

  boolean isToken(long high, long low) {
    // All bits, whatever the first ones are: nobody is to find them out one by one.
    return ((high ^ tokenHigh()) | (low ^ tokenLow())) == 0;
  }

  /** In at most so many bytes; the addresses that do not fit are left out. */
  byte[] encode(int most) {
    ByteBuffer out = ByteBuffer.allocate(most);
    out.put((byte) VERSION);
    put(out, machine);
    put(out, token);
    out.putLong(choices).putShort((short) port);
    int count = out.position();
    out.put((byte) 0);
    int written = 0;
    for (InetAddress each : addresses) {
      byte[] bytes = each.getAddress();
      if (out.remaining() > bytes.length && written < 255) {
        out.put((byte) bytes.length).put(bytes);
        written++;
      }
    }
    out.put(count, (byte) written);
    byte[] encoded = new byte[out.position()];
    out.get(0, encoded);
    return encoded;
  }

  private static void put(ByteBuffer out, UUID id) {
    out.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
  }

  /**
   * Reads what another process told.
   *
   * @throws IOException if it makes no sense
   */
  static Contact decode(byte[] encoded) throws IOException {
    if (encoded.length < FIXED_BYTES || encoded[0] != VERSION) {
      throw new IOException(
          "it told %d bytes of itself that make no sense: is its Verbena of another version?"
              .formatted(encoded.length));
    }
    var in = new DataInputStream(new ByteArrayInputStream(encoded, 1, encoded.length - 1));
    UUID machine = new UUID(in.readLong(), in.readLong());
    UUID token = new UUID(in.readLong(), in.readLong());
    long choices = in.readLong();
    int port = in.readUnsignedShort();
    int count = in.readUnsignedByte();
    List<InetAddress> addresses = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] address = in.readNBytes(in.readUnsignedByte());
      addresses.add(InetAddress.getByAddress(address));
    }
    return new Contact(machine, token, choices, port, List.copyOf(addresses));
  }

  /** Where it can be reached from a process, the best first. */
  List<InetSocketAddress> addresses(Contact from) {
    List<InetSocketAddress> where = new ArrayList<>();
    if (machine.equals(from.machine)) {
      where.add(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }
    addresses.forEach(address -> where.add(new InetSocketAddress(address, port)));
    return where;
  }
}
