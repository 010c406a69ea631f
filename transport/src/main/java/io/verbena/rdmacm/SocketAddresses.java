package io.verbena.rdmacm;

import io.verbena.ffi.rdmacm.RdmaCm;
import io.verbena.ffi.rdmacm.in_addr;
import io.verbena.ffi.rdmacm.sockaddr_in;
import io.verbena.ffi.rdmacm.sockaddr_in6;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** Converts between Java's socket addresses and C's. */
final class SocketAddresses {
  private SocketAddresses() {}

  static void requireResolved(InetSocketAddress address) throws ConnectionException {
    if (address.isUnresolved()) {
      throw ConnectionException.unknownHost(address.getHostString());
    }
  }

  /** A {@code struct sockaddr_in} or {@code sockaddr_in6}. */
  static MemorySegment write(InetSocketAddress address, SegmentAllocator allocator) {
    InetAddress host = address.getAddress();
    byte[] bytes = host.getAddress();
    short port = Short.reverseBytes((short) address.getPort());
    if (host instanceof Inet6Address inet6) {
      MemorySegment six = sockaddr_in6.allocate(allocator);
      sockaddr_in6.sin6_family(six, (short) RdmaCm.PF_INET6());
      sockaddr_in6.sin6_port(six, port);
      sockaddr_in6.sin6_scope_id(six, inet6.getScopeId());
      MemorySegment.copy(
          bytes, 0, sockaddr_in6.sin6_addr(six), ValueLayout.JAVA_BYTE, 0, bytes.length);
      return six;
    }
    MemorySegment four = sockaddr_in.allocate(allocator);
    sockaddr_in.sin_family(four, (short) RdmaCm.PF_INET());
    sockaddr_in.sin_port(four, port);
    MemorySegment.copy(
        bytes, 0, sockaddr_in.sin_addr(four), ValueLayout.JAVA_BYTE, 0, bytes.length);
    return four;
  }

  /** Reads a {@code struct sockaddr_storage}; one that is not set is the IPv4 wildcard. */
  static InetSocketAddress read(MemorySegment storage) {
    boolean six = sockaddr_in.sin_family(storage) == RdmaCm.PF_INET6();
    int port = Short.toUnsignedInt(Short.reverseBytes(sockaddr_in.sin_port(storage)));
    try {
      InetAddress host;
      if (six) {
        byte[] bytes = sockaddr_in6.sin6_addr(storage).toArray(ValueLayout.JAVA_BYTE);
        int scope = sockaddr_in6.sin6_scope_id(storage);
        host =
            scope == 0
                ? InetAddress.getByAddress(bytes)
                : Inet6Address.getByAddress(null, bytes, scope);
      } else {
        host =
            InetAddress.getByAddress(
                sockaddr_in
                    .sin_addr(storage)
                    .asSlice(0, in_addr.sizeof())
                    .toArray(ValueLayout.JAVA_BYTE));
      }
      return new InetSocketAddress(host, port);
    } catch (UnknownHostException e) {
      throw new AssertionError("4 or 16 bytes are an address", e);
    }
  }
}
