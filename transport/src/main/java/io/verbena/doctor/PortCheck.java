package io.verbena.doctor;

import io.verbena.cause.Cause;
import io.verbena.lane.rdma.RdmaPort;
import io.verbena.lane.rdma.RdmaSurvey;
import io.verbena.verbs.PortState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Whether the ports have a link, and a subnet manager where they need one. */
final class PortCheck implements Check {
  @Override
  public Finding look(Host host) {
    Notes notes = new Notes("port", "Port");
    List<RdmaPort> idle = new ArrayList<>();
    List<RdmaPort> active = new ArrayList<>();
    for (RdmaNode node : host.nodes()) {
      String foreign = RdmaSurvey.foreign(node.device());
      if (foreign != null) {
        notes.saw(RdmaNode.FOLDER + '/' + node.name(), foreign);
        continue;
      }
      for (RdmaPort port : node.ports()) {
        notes.saw(RdmaNode.folder(port), words(host, port));
        boolean isActive = port.attributes().state() == PortState.ACTIVE;
        // Azure carries RDMA over InfiniBand only: the other port is that of the network.
        if (!isActive || !host.platform().azure() || !port.isEthernet() || !host.hasInfiniband()) {
          (isActive ? active : idle).add(port);
        }
      }
    }
    if (active.isEmpty() && idle.isEmpty()) {
      return host.nodes().isEmpty()
          ? notes.notApplicable("There is no RDMA device that could have a port.")
          : notes.fail(
              "No device has a port that Verbena can use.",
              "Use an adapter that speaks InfiniBand or RoCE.");
    }
    if (idle.isEmpty()) {
      return notes.ok(
          active.size() == 1
              ? "The port %s is active.".formatted(active.getFirst().place())
              : "All %d ports are active.".formatted(active.size()));
    }
    RdmaPort first = idle.stream().min(Comparator.comparing(RdmaPort::isEthernet)).orElseThrow();
    return notes.finding(
        active.isEmpty() ? Severity.FAIL : Severity.WARN, problem(host, first), cure(host, first));
  }

  private static String words(Host host, RdmaPort port) {
    String folder = RdmaNode.folder(port);
    HostFiles files = host.files();
    String network = files.text(folder + "/link_layer");
    return "state %s, phys_state %s, rate %s, link_layer %s"
            .formatted(
                files.read(folder + "/state").shown(),
                files.read(folder + "/phys_state").shown(),
                files.read(folder + "/rate").shown(),
                files.read(folder + "/link_layer").shown())
        + (network.equals("Ethernet")
            ? ""
            : ", lid %s, sm_lid %s"
                .formatted(
                    files.read(folder + "/lid").shown(), files.read(folder + "/sm_lid").shown()));
  }

  private static String problem(Host host, RdmaPort port) {
    PortState state = port.attributes().state();
    if (state == PortState.INIT) {
      return "The port %s is INIT: no subnet manager has configured it.".formatted(port.place());
    }
    String physical = host.files().text(RdmaNode.folder(port) + "/phys_state");
    return "The port %s is %s%s."
        .formatted(
            port.place(),
            state == PortState.UNKNOWN ? "in no state that is known" : state,
            physical.isEmpty() ? "" : ", phys_state " + physical);
  }

  private static String cure(Host host, RdmaPort port) {
    PortState state = port.attributes().state();
    if (state == PortState.INIT || state == PortState.ARMED) {
      return host.platform().azure()
          ? "Wait a minute, since Azure runs the subnet manager; if it stays so, restart the"
              + " virtual machine, then ask Azure's support."
          : state == PortState.ARMED
              ? "Wait a moment; if it stays so, ask who runs the subnet manager."
              : Cause.SUBNET_MANAGER.advice();
    }
    if (port.isEthernet()) {
      return nic(host, port)
          .map("ip link set %s up # and look at cable and switch"::formatted)
          .orElse("Bring the port's network interface up, and look at cable and switch.");
    }
    return host.platform().azure()
        ? "Restart the virtual machine; if it stays so, ask Azure's support."
        : "Look at the cable, the switch's port, and the host's own port (ibportstate).";
  }

  private static Optional<String> nic(Host host, RdmaPort port) {
    String named = host.files().text(RdmaNode.folder(port) + "/gid_attrs/ndevs/0");
    if (!named.isEmpty()) {
      return Optional.of(named);
    }
    return host.nodes().stream()
        .filter(node -> node.name().equals(port.device()) && node.isSoftware())
        .map(RdmaNode::driver)
        .filter(each -> !each.isEmpty())
        .findFirst();
  }
}
