package io.verbena.doctor;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Says whether Verbena can use RDMA on this machine, and the one thing to do next if it cannot.
 * Reads only: nothing is installed, configured or loaded. Thread-safe.
 */
public final class Doctor {
  /** In the order in which one mends things: what comes later needs what comes before. */
  private static final List<Check> CHECKS =
      List.of(
          new PlatformCheck(),
          new AdapterCheck(),
          new DriverCheck(),
          new DriverStackCheck(),
          new ModulesCheck(),
          new LibrariesCheck(),
          new LockedMemoryCheck(),
          new PortCheck(),
          new RightDeviceCheck(),
          new PartitionCheck(),
          new GidCheck(),
          new IpoibCheck(),
          new LimitsCheck());

  private Doctor() {}

  /**
   * Looks at a machine; takes tens of milliseconds. With {@link DoctorOptions#root} at its default
   * this opens each RDMA device for a moment and registers a little memory with one of them. A
   * {@link DoctorOptions#peer} is talked with for 15 seconds at most.
   *
   * @param options what to look at
   * @return what was found: whatever is wrong with the machine is a finding, not an exception
   */
  public static Diagnosis examine(DoctorOptions options) {
    return examine(options, PeerProbe.Patience.USUAL);
  }

  static Diagnosis examine(DoctorOptions options, PeerProbe.Patience patience) {
    Host host = Host.read(options);
    Optional<InetSocketAddress> peer = options.peer();
    return peer.isPresent() ? withPeer(host, peer.get(), patience) : examine(host);
  }

  /**
   * Lists what is there, for a bug report: adapters, devices, ports, libraries, limits.
   *
   * @param options what to look at
   * @return what was seen
   */
  public static Inventory takeStock(DoctorOptions options) {
    return new StockTaking(Host.read(options)).take();
  }

  static Diagnosis examine(Host host) {
    List<Finding> findings = CHECKS.stream().map(check -> check.look(host)).toList();
    return new Diagnosis(findings, host.choice(), host.tcpInterface(), Optional.empty());
  }

  private static Diagnosis withPeer(
      Host host, InetSocketAddress address, PeerProbe.Patience patience) {
    Diagnosis own = examine(host);
    var probe = new PeerProbe(address, host, own.firstFailure(), patience);
    Peer peer = probe.run();
    List<Finding> all = new ArrayList<>(own.findings());
    all.addAll(probe.findings());
    return new Diagnosis(all, own.choice(), own.tcpInterface(), Optional.of(peer));
  }
}
