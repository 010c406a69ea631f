package io.verbena.doctor;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import io.verbena.lane.rdma.RdmaPort;
import java.util.Optional;

/** Which of several devices a transport would take. */
final class RightDeviceCheck implements Check {
  private static final String ID = "right-device";

  /** Begins what it says if no connection can be made, over TCP neither. */
  private static final String UNREACHABLE = "Connecting fails: ";

  @Override
  public Finding look(Host host) {
    Notes notes = new Notes(ID, "The right device");
    Optional<String> nic = host.options().config().networkInterface();
    if (nic.isPresent() && host.tcpInterface().isEmpty()) {
      return unreachable(host, Evidence.printable(nic.get()), notes);
    }
    Optional<Choice> choice = host.choice();
    if (choice.isEmpty()) {
      return none(host, notes);
    }
    Choice chosen = choice.get();
    notes.saw("the transport's choice", chosen);
    chosen.passedOver().forEach(each -> notes.saw("not chosen", each));
    Optional<RdmaPort> infiniband =
        host.nodes().stream()
            .flatMap(node -> node.ports().stream())
            .filter(port -> !port.isEthernet())
            .findFirst();
    boolean software =
        host.nodes().stream()
            .anyMatch(node -> node.isSoftware() && node.name().equals(chosen.device()));
    boolean ethernet = !chosen.protocol().equals("InfiniBand") && !software;
    if (ethernet && infiniband.isPresent() && isPinned(host)) {
      return notes.warn(
          "Verbena would choose %s, an Ethernet port, as the configuration asks, and not the"
                  .formatted(chosen.place())
              + " InfiniBand port %s.".formatted(infiniband.get().place()),
          "Leave the choice to Verbena: do without --device and VERBENA_DEVICE.");
    }
    if (ethernet && infiniband.isPresent()) {
      return notes.finding(
          host.platform().azure() ? Severity.FAIL : Severity.WARN,
          "Verbena would choose %s, an Ethernet port, since the InfiniBand port %s cannot be used."
              .formatted(chosen.place(), infiniband.get().place()),
          "Mend the InfiniBand port: what is wrong with it is said above.");
    }
    if (ethernet && host.platform().azure()) {
      return notes.fail(
          "Verbena would try %s, the Ethernet port of Accelerated Networking, but Azure carries no"
                  .formatted(chosen.place())
              + " RDMA over Ethernet.",
          "Choose a size with InfiniBand.");
    }
    return notes.ok(
        "Verbena would choose %s%s."
            .formatted(
                chosen,
                chosen.passedOver().isEmpty()
                    ? ""
                    : ", and not " + String.join(", not ", chosen.passedOver())));
  }

  /** Whether this finding is that no connection can be made. */
  static boolean isUnreachable(Finding finding) {
    return finding.check().equals(ID) && finding.message().startsWith(UNREACHABLE);
  }

  /** RDMA connections begin on TCP, too. */
  private static Finding unreachable(Host host, String nic, Notes notes) {
    Optional<Network> found =
        host.networks().stream().filter(each -> each.name().equals(nic)).findFirst();
    notes.saw(Network.FOLDER + '/' + nic, found.map(Network::words).orElse("(absent)"));
    return notes.fail(
        UNREACHABLE
            + "by the network interface %s, which the configuration wants, no connection can leave."
                .formatted(nic),
        "Name one that is up and has an address in TransportConfig.withNetworkInterface, or none.");
  }

  private static boolean isPinned(Host host) {
    return !host.pins().equals(Host.pins(TransportConfig.defaults()));
  }

  private static Finding none(Host host, Notes notes) {
    if (host.nodes().isEmpty()) {
      return notes.notApplicable("There is no RDMA device to choose.");
    }
    if (host.options().config().rdma() == RdmaMode.OFF) {
      return notes.fail(
          "The configuration has RDMA switched off.",
          "Leave TransportConfig.withRdma at RdmaMode.PREFERRED.");
    }
    String why = host.survey().whyNone(host.pins());
    notes.saw("the transport's choice", '(' + why + ')');
    String words = "Verbena would choose none: " + why + '.';
    if (isPinned(host)) {
      return notes.fail(words, "Ask for less in the transport's configuration.");
    }
    // What is wrong with a port that was looked at, the checks of ports and addresses say.
    return host.survey().unusable().isEmpty()
        ? notes.notApplicable(words)
        : notes.fail(words, "Mend what is said above first.");
  }
}
