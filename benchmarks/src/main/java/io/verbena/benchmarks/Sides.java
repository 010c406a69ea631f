package io.verbena.benchmarks;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SelectStrategy;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.IntSupplier;
import io.verbena.Listener;
import io.verbena.Progress;
import io.verbena.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** One side of each kind that needs no adapter. The sides that are not used sleep. */
final class Sides implements SideSet {
  private final Map<SideKind, Side> sides = new EnumMap<>(SideKind.class);
  private final Transport caller = VerbenaSide.openTransport(Progress.CALLER);
  private final Transport thread = VerbenaSide.openTransport(Progress.THREAD);
  private final NettySide netty = new NettySide();
  private final EventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());

  /** Looks without pause, while there is something to measure. */
  private final NettySide busyNetty = new NettySide();

  private final EventLoopGroup busyLoop =
      new MultiThreadIoEventLoopGroup(
          1, EpollIoHandler.newFactory(0, () -> (ready, hasTasks) -> strategy(ready, hasTasks)));

  /** For {@link #listen}. */
  Sides() throws IOException {}

  /** Connects to another process. */
  Sides(PeerProcess peer) throws IOException {
    for (SideKind kind : SideKind.TCP) {
      sides.put(kind, connect(kind, peer.address(kind)));
    }
  }

  @Override
  public Side get(SideKind kind) {
    return Objects.requireNonNull(sides.get(kind));
  }

  private Side connect(SideKind kind, InetSocketAddress address) throws IOException {
    return switch (kind) {
      case CALLER -> new VerbenaSide(caller, caller.connect(address));
      case THREAD -> new VerbenaSide(thread, thread.connect(address));
      case NIO -> new NioSide(SocketChannel.open(address));
      case NETTY -> connect(netty, loop, address);
      case NETTY_BUSY -> connect(busyNetty, busyLoop, address);
      case RDMA_CALLER, RDMA_THREAD, VERBS ->
          throw new IllegalArgumentException(kind + " needs an adapter");
    };
  }

  private int strategy(IntSupplier ready, boolean hasTasks) throws Exception {
    if (hasTasks) {
      return ready.get();
    }
    return busyNetty.isBusy() ? SelectStrategy.BUSY_WAIT : SelectStrategy.SELECT;
  }

  private static Side connect(NettySide side, EventLoopGroup group, InetSocketAddress address) {
    new Bootstrap()
        .group(group)
        .channel(EpollSocketChannel.class)
        .option(ChannelOption.TCP_NODELAY, true)
        .handler(side.initializer())
        .connect(address)
        .syncUninterruptibly();
    return side;
  }

  private static Channel bind(NettySide side, EventLoopGroup group, InetSocketAddress address) {
    return new ServerBootstrap()
        .group(group)
        .channel(EpollServerSocketChannel.class)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childHandler(side.initializer())
        .bind(address)
        .syncUninterruptibly()
        .channel();
  }

  @Override
  public void listen(Consumer<String> tell) throws IOException {
    InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    Channel nettyServer = bind(netty, loop, loopback);
    Channel busyServer = bind(busyNetty, busyLoop, loopback);
    try (Listener callers = caller.listen(loopback);
        Listener threads = thread.listen(loopback);
        ServerSocketChannel plain = ServerSocketChannel.open().bind(loopback)) {
      List<String> ports = new ArrayList<>();
      for (InetSocketAddress address :
          List.of(
              callers.address(),
              threads.address(),
              (InetSocketAddress) plain.getLocalAddress(),
              (InetSocketAddress) nettyServer.localAddress(),
              (InetSocketAddress) busyServer.localAddress())) {
        ports.add(Integer.toString(address.getPort()));
      }
      tell.accept(String.join(" ", ports));
      sides.put(SideKind.CALLER, new VerbenaSide(caller, callers.accept()));
      sides.put(SideKind.THREAD, new VerbenaSide(thread, threads.accept()));
      sides.put(SideKind.NIO, new NioSide(plain.accept()));
      sides.put(SideKind.NETTY, netty);
      sides.put(SideKind.NETTY_BUSY, busyNetty);
    }
  }

  @Override
  public void close() throws IOException {
    for (Side side : sides.values()) {
      side.close();
    }
    caller.close();
    thread.close();
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    busyLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
