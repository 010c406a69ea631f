package io.verbena.benchmarks;

import io.verbena.Listener;
import io.verbena.Progress;
import io.verbena.RdmaMode;
import io.verbena.Transport;
import io.verbena.TransportConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/** One side of each kind that needs an adapter. The sides that are not used sleep. */
final class RdmaSides implements SideSet {
  private final Map<SideKind, Side> sides = new EnumMap<>(SideKind.class);
  private final RdmaPort port = RdmaPort.find();
  private final Transport caller = open(Progress.CALLER);
  private final Transport thread = open(Progress.THREAD);

  /** For {@link #listen}. */
  RdmaSides() throws IOException {}

  /** Connects to another process. */
  RdmaSides(PeerProcess peer) throws IOException {
    sides.put(
        SideKind.RDMA_CALLER,
        new VerbenaSide(caller, caller.connect(peer.address(SideKind.RDMA_CALLER))));
    sides.put(
        SideKind.RDMA_THREAD,
        new VerbenaSide(thread, thread.connect(peer.address(SideKind.RDMA_THREAD))));
    InetSocketAddress plain = peer.address(SideKind.VERBS);
    try (Socket socket = new Socket(plain.getAddress(), plain.getPort())) {
      sides.put(SideKind.VERBS, new VerbsSide(port, socket));
    }
  }

  private static Transport open(Progress progress) throws IOException {
    return Transport.open(
        TransportConfig.defaults().withRdma(RdmaMode.REQUIRED).withProgress(progress));
  }

  @Override
  public Side get(SideKind kind) {
    return Objects.requireNonNull(sides.get(kind));
  }

  @Override
  public void listen(Consumer<String> tell) throws IOException {
    InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try (Listener callers = caller.listen(loopback);
        Listener threads = thread.listen(loopback);
        ServerSocket plain = new ServerSocket(0, 1, loopback.getAddress())) {
      tell.accept(
          "%d %d %d"
              .formatted(
                  callers.address().getPort(), threads.address().getPort(), plain.getLocalPort()));
      sides.put(SideKind.RDMA_CALLER, new VerbenaSide(caller, callers.accept()));
      sides.put(SideKind.RDMA_THREAD, new VerbenaSide(thread, threads.accept()));
      try (Socket socket = plain.accept()) {
        sides.put(SideKind.VERBS, new VerbsSide(port, socket));
      }
    }
  }

  @Override
  public void close() throws IOException {
    for (Side side : sides.values()) {
      side.close();
    }
    caller.close();
    thread.close();
  }
}
