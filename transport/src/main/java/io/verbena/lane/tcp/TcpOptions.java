package io.verbena.lane.tcp;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;

/** What a socket must be told before a {@link TcpLane} uses it. */
public final class TcpOptions {
  /**
   * How much may wait in a socket whose peer is on this machine; Linux doubles it. Between
   * processes nothing is ever far away: 512 KiB keep the receiver busy, and stay in the caches
   * between the copy in and the copy out. The megabytes to which Linux would let it grow do not;
   * besides, a congestion control that paces (BBR) holds back what fills them.
   */
  private static final int LOCAL_SEND_BYTES = 512 << 10;

  /** A write or read of less costs more than it moves, where more of the same is to follow. */
  static final int PIECE_BYTES = 64 << 10;

  /** Who has found a socket full, or empty, looks again when it has moved a piece or so. */
  static final long PIECE_NANOS = TimeUnit.MICROSECONDS.toNanos(8);

  private TcpOptions() {}

  /** Sets the options of a connected socket. */
  public static void set(SocketChannel channel) throws IOException {
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    if (isLocal(channel)) {
      channel.setOption(StandardSocketOptions.SO_SNDBUF, LOCAL_SEND_BYTES);
    }
  }

  /**
   * Whether the peer is on this machine: for its own addresses, Linux uses them at both ends, but
   * for those of the loopback network if a program asks for that.
   */
  private static boolean isLocal(SocketChannel channel) throws IOException {
    return channel.getLocalAddress() instanceof InetSocketAddress local
        && channel.getRemoteAddress() instanceof InetSocketAddress remote
        && (local.getAddress().equals(remote.getAddress())
            || remote.getAddress().isLoopbackAddress());
  }
}
