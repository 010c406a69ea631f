package io.verbena.samples.demo;

import io.verbena.Endpoint;
import io.verbena.Progress;
import io.verbena.RdmaMode;
import io.verbena.Transport;
import io.verbena.TransportConfig;
import io.verbena.samples.LinkOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Starts a second process and lets the {@link Demo} talk with it. */
@Command(name = "demo", description = "Two processes talk: which link and why, checks, latency.")
public final class DemoCommand implements Callable<Integer> {
  /** Longer than a demo takes on an emulated processor. */
  private static final Duration DEADLINE = Duration.ofMinutes(4);

  @Mixin private LinkOptions link = new LinkOptions();

  /** Creates the command, for picocli. */
  public DemoCommand() {}

  /**
   * Runs the demo.
   *
   * @return 0
   * @throws IOException if something does not work; its message says what
   */
  @Override
  public Integer call() throws IOException {
    RdmaMode rdma = link.rdma();
    String name = link.device();
    // First of all, so that --rdma required fails before anything else happens.
    try (Transport transport = Transport.open(config(rdma.name(), name))) {
      System.out.println("Two processes on this machine talk with each other.");
      Watchdog.start(DEADLINE);
      // The second process may fall back: it is this one that decides what is acceptable.
      RdmaMode peerMode = rdma == RdmaMode.OFF ? RdmaMode.OFF : RdmaMode.PREFERRED;
      try (PeerProcess peer = PeerProcess.start(List.of(peerMode.name(), name))) {
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), peer.port());
        try (Endpoint endpoint = transport.connect(address)) {
          new Demo(transport, endpoint, System.out).run();
        }
      }
    }
    return 0;
  }

  /** How both processes set up their transports. */
  static TransportConfig config(String rdma, String device) {
    TransportConfig config =
        TransportConfig.defaults()
            .withRdma(RdmaMode.valueOf(rdma))
            .withProgress(progress())
            // An emulated processor is ten times slower than a real one.
            .withConnectTimeout(Duration.ofSeconds(30))
            .withProbeTimeout(Duration.ofSeconds(10))
            .withOperationTimeout(Duration.ofSeconds(60));
    return device.isEmpty() ? config : config.withDevice(device);
  }

  private static Progress progress() {
    // Spinning has by far the lowest latency, but two processes that spin want a processor each.
    return Runtime.getRuntime().availableProcessors() > 1 ? Progress.CALLER : Progress.THREAD;
  }
}
