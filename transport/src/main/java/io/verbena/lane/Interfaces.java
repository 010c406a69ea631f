package io.verbena.lane;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the kernel says about network interfaces in its files.
 *
 * @param root where the files are: {@code /} but for tests
 */
public record Interfaces(Path root) {
  /** ARPHRD_INFINIBAND of {@code linux/if_arp.h}. */
  public static final int INFINIBAND = 32;

  private static final int UNKNOWN = -1;

  /** Those of this machine. */
  public static Interfaces ofMachine() {
    return new Interfaces(Path.of("/"));
  }

  /** The name of the interface that has a local address; the address itself if none has. */
  public static String nameOf(InetAddress local) throws SocketException {
    NetworkInterface nic = NetworkInterface.getByInetAddress(local);
    if (nic != null) {
      return nic.getName();
    }
    // All of 127.0.0.0/8 is the loopback interface's, which lists only one address of it.
    return local.isLoopbackAddress() ? "lo" : local.getHostAddress();
  }

  /** The kernel's number of an interface; -1 if there is none of that name. */
  public static int indexOf(String name) {
    try {
      NetworkInterface nic = NetworkInterface.getByName(name);
      return nic == null ? UNKNOWN : nic.getIndex();
    } catch (SocketException e) {
      return UNKNOWN;
    }
  }

  /** Whether it is IP over InfiniBand. */
  public boolean isIpoib(String name) {
    return number(file(name, "type")) == INFINIBAND;
  }

  /** Whether it is of that port of an RDMA device: IP over InfiniBand, or the Ethernet side. */
  public boolean isOf(String name, String device, int port) {
    if (!Files.isDirectory(file(name, "device/infiniband").resolve(device))) {
      return false;
    }
    // Counts from 0; drivers with one port for each function leave it at 0.
    return Math.max(number(file(name, "dev_port")), number(file(name, "dev_id"))) == port - 1;
  }

  private Path file(String name, String rest) {
    return root.resolve("sys/class/net").resolve(name).resolve(rest);
  }

  private static int number(Path file) {
    try {
      // Reading anything else may wait for ever.
      return Files.isRegularFile(file) ? Integer.decode(Files.readString(file).trim()) : UNKNOWN;
    } catch (IOException | NumberFormatException e) {
      return UNKNOWN;
    }
  }
}
