package io.verbena.doctor;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import io.verbena.lane.Interfaces;
import io.verbena.lane.rdma.RdmaCandidate;
import io.verbena.lane.rdma.RdmaPins;
import io.verbena.lane.rdma.RdmaPort;
import io.verbena.lane.rdma.RdmaSurvey;
import io.verbena.verbs.PortState;
import java.net.InetAddress;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What all checks look at, read once.
 *
 * @param options what is wanted
 * @param files the machine's files
 * @param answers what else it says; null if only its files are looked at
 * @param platform what kind of machine it is
 * @param adapters its PCI functions for RDMA
 * @param nodes its RDMA devices, by the files
 * @param survey its ports as a transport finds them, by the library or else by the files
 * @param tcp the connection beside which one is chosen, as far as is known without a peer
 * @param choice what a transport would choose
 * @param networks its network interfaces
 */
record Host(
    DoctorOptions options,
    HostFiles files,
    @Nullable Answers answers,
    Platform platform,
    List<PciAdapter> adapters,
    List<RdmaNode> nodes,
    RdmaSurvey survey,
    RdmaSurvey.Beside tcp,
    Optional<Choice> choice,
    List<Network> networks) {
  static Host read(DoctorOptions options) {
    if (!options.isMachine()) {
      return read(options, null);
    }
    var files = new HostFiles(options.root());
    List<Network> networks = Network.list(files, Answers.interfaceAddresses());
    return read(options, Answers.ofMachine(pins(options.config()), tcp(options, files, networks)));
  }

  static Host read(DoctorOptions options, @Nullable Answers answers) {
    var files = new HostFiles(options.root());
    List<RdmaNode> nodes = RdmaNode.list(files);
    RdmaPins pins = pins(options.config());
    RdmaSurvey survey = answers == null ? byFiles(nodes, pins) : answers.survey();
    List<Network> networks = Network.list(files, answers == null ? null : answers.addresses());
    RdmaSurvey.Beside tcp = tcp(options, files, networks);
    return new Host(
        options,
        files,
        answers,
        Platform.of(files),
        PciAdapter.list(files),
        nodes,
        survey,
        tcp,
        options.config().rdma() == RdmaMode.OFF
            ? Optional.empty()
            : survey.choose(pins, tcp).map(Host::choice),
        networks);
  }

  /** Which of the interface's addresses it has, depends on the peer's. */
  private static RdmaSurvey.Beside tcp(
      DoctorOptions options, HostFiles files, List<Network> networks) {
    String nic = Network.forTcp(options, files, networks);
    if (!files.list(Network.FOLDER).contains(nic)) {
      return RdmaSurvey.Beside.ANY;
    }
    return RdmaSurvey.Beside.of(
        InetAddress.getLoopbackAddress(),
        nic,
        Numbers.parse(files.text(Network.FOLDER + '/' + nic + "/ifindex"), -1),
        new Interfaces(files));
  }

  /** The connection of this machine that has a local address. */
  RdmaSurvey.Beside beside(InetAddress local) throws SocketException {
    String nic = Interfaces.nameOf(local);
    return RdmaSurvey.Beside.of(local, nic, Interfaces.indexOf(nic), new Interfaces(files));
  }

  /** The network interface that TCP would take; or empty. */
  String tcpInterface() {
    return Network.forTcp(options, files, networks);
  }

  static RdmaPins pins(TransportConfig config) {
    return new RdmaPins(config.device(), config.port(), config.gidIndex(), config.pkey());
  }

  RdmaPins pins() {
    return pins(options.config());
  }

  /** The ports as the library would show them. */
  static RdmaSurvey byFiles(List<RdmaNode> nodes, RdmaPins pins) {
    List<RdmaPort> ports = new ArrayList<>();
    List<String> unusable = new ArrayList<>();
    for (RdmaNode node : nodes) {
      String foreign = RdmaSurvey.foreign(node.device());
      if (foreign != null) {
        unusable.add(node.name() + ": " + foreign);
      } else if (pins.device().isEmpty() || pins.device().get().equals(node.name())) {
        ports.addAll(node.ports());
      }
    }
    return new RdmaSurvey(ports, unusable).sorted(pins);
  }

  private static Choice choice(RdmaSurvey.Chosen chosen) {
    RdmaCandidate candidate = chosen.candidate();
    return new Choice(
        Evidence.printable(candidate.device()),
        candidate.port(),
        candidate.protocol(),
        candidate.gidIndex(),
        candidate.gid().toString(),
        chosen.pkey(),
        candidate.megabitsPerSecond(),
        chosen.passedOver().stream().map(Evidence::printable).toList());
  }

  /** The port that a transport would choose; else the most promising; empty if there is none. */
  Optional<RdmaPort> mainPort() {
    return Stream.concat(survey.ports().stream(), nodes.stream().flatMap(n -> n.ports().stream()))
        .min(
            Comparator.comparing((RdmaPort port) -> !isChosen(port))
                .thenComparing(port -> port.attributes().state() != PortState.ACTIVE)
                .thenComparing(RdmaPort::isEthernet));
  }

  private boolean isChosen(RdmaPort port) {
    return choice.isPresent()
        && Evidence.printable(port.device()).equals(choice.get().device())
        && port.attributes().number() == choice.get().port();
  }

  /** Whether there is something for which drivers, libraries and rights are wanted. */
  boolean hasHardwareOrDevice() {
    return !adapters.isEmpty() || !nodes.isEmpty();
  }

  /** Whether there is an InfiniBand adapter or port, in whatever state. */
  boolean hasInfiniband() {
    return adapters.stream().anyMatch(PciAdapter::isInfiniband) || hasInfinibandPort();
  }

  boolean hasInfinibandPort() {
    return nodes.stream()
        .flatMap(node -> node.ports().stream())
        .anyMatch(port -> !port.isEthernet());
  }

  /** A failure if RDMA could be used but for this; without any device, nothing to look at. */
  Severity worst() {
    return hasHardwareOrDevice() ? Severity.FAIL : Severity.NA;
  }
}
