package io.verbena.lane;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;

/**
 * What the kernel says about network interfaces in its files.
 *
 * @param files the kernel's
 */
public record Interfaces(KernelFiles files) {
  private static final String FOLDER = "/sys/class/net/";

  /** ARPHRD_INFINIBAND of {@code linux/if_arp.h}. */
  public static final int INFINIBAND = 32;

  private static final int UNKNOWN = -1;

  /** Those of this machine. */
  public static Interfaces ofMachine() {
    return new Interfaces(KernelFiles.ofMachine());
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
    return number(name, "type") == INFINIBAND;
  }

  /** Whether it is of that port of an RDMA device: IP over InfiniBand, or the Ethernet side. */
  public boolean isOf(String name, String device, int port) {
    try {
      if (!files.list(FOLDER + name + "/device/infiniband").contains(device)) {
        return false;
      }
    } catch (IOException e) {
      return false;
    }
    // Counts from 0; drivers with one port for each function leave it at 0.
    return Math.max(number(name, "dev_port"), number(name, "dev_id")) == port - 1;
  }

  private int number(String name, String file) {
    try {
      return Integer.decode(files.text(FOLDER + name + '/' + file).trim());
    } catch (IOException | NumberFormatException e) {
      return UNKNOWN;
    }
  }
}
