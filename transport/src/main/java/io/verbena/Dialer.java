package io.verbena;

import io.verbena.TransportException.Kind;
import io.verbena.lane.Interfaces;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Makes the TCP connection of one connect. An address leaves no choice; of those that a host's name
 * has, those reached over InfiniBand are tried first.
 */
final class Dialer implements AutoCloseable {
  private final Optional<String> pinned;
  private final Interfaces interfaces;
  private final Owner owner;
  private @Nullable SocketChannel current;

  /** Who may end an attempt, by closing its channel. */
  interface Owner {
    /**
     * There is a new channel.
     *
     * @throws TransportException if none is wanted any more
     */
    void dialing(SocketChannel channel) throws TransportException;

    /** The channel is closed, or somebody else's. */
    void dialed(SocketChannel channel);
  }

  /**
   * @param pinned the interface to connect from, or empty
   * @param owner knows each channel until its attempt failed; the last one until this is closed
   */
  Dialer(Optional<String> pinned, Owner owner) {
    this(pinned, owner, Interfaces.ofMachine());
  }

  Dialer(Optional<String> pinned, Owner owner, Interfaces interfaces) {
    this.pinned = pinned;
    this.owner = owner;
    this.interfaces = interfaces;
  }

  /**
   * Tries the address, or all that the host has, each within its share of the time that is left.
   */
  SocketChannel connect(InetSocketAddress address, long deadline) throws IOException {
    return connect(resolve(address, deadline), address.getPort(), deadline);
  }

  SocketChannel connect(List<InetAddress> addresses, int port, long deadline) throws IOException {
    List<InetAddress> rest = inOrder(addresses);
    List<String> failures = new ArrayList<>();
    TransportException cause = null;
    for (int i = 0; i < rest.size(); i++) {
      long left = (deadline - System.nanoTime()) / (rest.size() - i);
      try {
        return attempt(new InetSocketAddress(rest.get(i), port), left);
      } catch (IOException e) {
        String why = String.valueOf(e.getMessage());
        failures.add(rest.size() == 1 ? why : rest.get(i).getHostAddress() + ": " + why);
        cause = new TransportException(Kind.ADDRESS, String.join("; ", failures), e);
      }
    }
    throw cause == null ? new TransportException(Kind.ADDRESS, "unknown host") : cause;
  }

  private SocketChannel attempt(InetSocketAddress to, long nanos) throws IOException {
    close();
    SocketChannel channel = SocketChannel.open();
    current = channel;
    boolean connected = false;
    try {
      owner.dialing(channel);
      InetAddress from = source(to.getAddress());
      if (from != null) {
        channel.bind(new InetSocketAddress(from, 0));
      }
      channel.socket().connect(to, (int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos)));
      connected = true;
      return channel;
    } finally {
      if (!connected) {
        channel.close();
      }
    }
  }

  private static List<InetAddress> resolve(InetSocketAddress address, long deadline)
      throws IOException {
    InetAddress given = address.getAddress();
    if (given != null) {
      return List.of(given);
    }
    var lookup = new FutureTask<>(() -> InetAddress.getAllByName(address.getHostString()));
    // Nothing ends a look-up that hangs.
    Thread.ofPlatform().daemon().name("verbena-resolver").start(lookup);
    try {
      long left = Math.max(0, deadline - System.nanoTime());
      return List.of(lookup.get(left, TimeUnit.NANOSECONDS));
    } catch (ExecutionException | TimeoutException e) {
      throw new TransportException(Kind.ADDRESS, "unknown host", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransportException(Kind.ADDRESS, "the look-up of the host was interrupted", e);
    }
  }

  /** The addresses in the order of the attempts: over InfiniBand first, else as they come. */
  List<InetAddress> inOrder(List<InetAddress> addresses) {
    if (addresses.size() == 1) {
      return addresses;
    }
    return addresses.stream()
        .sorted(Comparator.comparing(address -> !isOverInfiniband(address)))
        .toList();
  }

  private boolean isOverInfiniband(InetAddress to) {
    // A datagram socket knows its route once it is connected, and sends nothing for that.
    try (DatagramChannel route = DatagramChannel.open()) {
      InetAddress from = source(to);
      if (from != null) {
        route.bind(new InetSocketAddress(from, 0));
      }
      route.connect(new InetSocketAddress(to, 9));
      InetAddress local = ((InetSocketAddress) route.getLocalAddress()).getAddress();
      return interfaces.isIpoib(Interfaces.nameOf(local));
    } catch (IOException e) {
      return false;
    }
  }

  /** The pinned interface's address of the same family, or null if none is pinned. */
  private @Nullable InetAddress source(InetAddress to) throws IOException {
    if (pinned.isEmpty()) {
      return null;
    }
    NetworkInterface nic = nic(pinned.get());
    return nic.inetAddresses()
        .filter(from -> from.getClass() == to.getClass())
        .min(Comparator.comparing(from -> from.isLinkLocalAddress() != to.isLinkLocalAddress()))
        .orElseThrow(
            () ->
                new SocketException(
                    "the network interface %s has no address for it".formatted(pinned.get())));
  }

  private static NetworkInterface nic(String name) throws IOException {
    NetworkInterface nic = NetworkInterface.getByName(name);
    if (nic == null) {
      throw new SocketException("there is no network interface " + name);
    }
    return nic;
  }

  /** The channel is not its owner's any more. */
  @Override
  public void close() {
    if (current != null) {
      owner.dialed(current);
      current = null;
    }
  }
}
