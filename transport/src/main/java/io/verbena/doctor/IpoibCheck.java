package io.verbena.doctor;

import java.util.List;
import java.util.Locale;

/** Whether TCP has a way over InfiniBand; RDMA needs none. */
final class IpoibCheck implements Check {
  private static final String AGENT = "/etc/waagent.conf";
  private static final String OPTION = "OS.EnableRDMA";

  /** What the agent takes for a yes: either of these. */
  private static final List<String> OPTIONS =
      List.of(OPTION, "OS.UpdateRdmaDriver", "OS.CheckRdmaDriver");

  @Override
  public Finding look(Host host) {
    Notes notes = new Notes("ipoib", "IPoIB");
    List<Network> ipoib = host.networks().stream().filter(Network::isIpoib).toList();
    for (Network each : ipoib) {
      notes.saw(
          Network.FOLDER + '/' + each.name(),
          "type 32, %s, %s"
              .formatted(
                  each.state().isEmpty() ? "state unknown" : each.state(),
                  each.addresses().isEmpty() ? "no address" : String.join(", ", each.addresses())));
    }
    boolean hasInfiniband =
        host.nodes().stream()
            .flatMap(node -> node.ports().stream())
            .anyMatch(port -> !port.isEthernet());
    String agent = host.platform().hyperV() ? agent(host, notes) : "";
    if (ipoib.stream().anyMatch(Network::isUsable)) {
      return notes.ok(
          "TCP can go over InfiniBand: %s is up and has an address."
              .formatted(
                  ipoib.stream().filter(Network::isUsable).findFirst().orElseThrow().name()));
    }
    if (ipoib.isEmpty() && !hasInfiniband) {
      return notes.notApplicable("There is no InfiniBand, so there is no IP over it.");
    }
    String optional =
        " Only the fallback to TCP would use it: MPI, and Verbena over verbs, do not need it.";
    if (!agent.isEmpty()) {
      return notes.warn(
          "IP over InfiniBand is not set up: " + agent + '.' + optional, agentCure(host));
    }
    if (ipoib.isEmpty()) {
      return notes.warn(
          "There is no IP over InfiniBand." + optional, command(host, "modprobe ib_ipoib"));
    }
    Network first = ipoib.getFirst();
    return first.isUp()
        ? notes.warn(
            "%s has no address.%s".formatted(first.name(), optional),
            command(host, "ip address add ADDRESS/LENGTH dev " + first.name()))
        : notes.warn(
            "%s is not up.%s".formatted(first.name(), optional),
            command(host, "ip link set %s up".formatted(first.name())));
  }

  /** A container has no modules, and seldom the right to configure a network. */
  private static String command(Host host, String command) {
    return host.platform().container() ? "On the host, not in the container: " + command : command;
  }

  /** What the Azure agent's configuration says against it; empty if nothing. */
  private static String agent(Host host, Notes notes) {
    HostFiles.Content file = host.files().read(AGENT);
    if (!file.isPresent()) {
      notes.saw(AGENT, file.shown());
      return "";
    }
    List<String> lines =
        file.text()
            .lines()
            .filter(line -> OPTIONS.stream().anyMatch(each -> isOf(each, line)))
            .toList();
    lines.forEach(line -> notes.saw(AGENT, line));
    if (OPTIONS.stream().anyMatch(each -> isYes(each, lines))) {
      return "";
    }
    List<String> ours = lines.stream().filter(line -> isOf(OPTION, line)).toList();
    if (ours.isEmpty()) {
      notes.saw(AGENT, "(no line of " + OPTION + ')');
      return AGENT + " has no line of " + OPTION;
    }
    return ours.stream()
        .filter(line -> !line.startsWith("#"))
        .reduce((_, last) -> last)
        .map(line -> "%s says %s".formatted(AGENT, line.strip()))
        .orElse("the line \"%s\" of %s is commented out".formatted(ours.getLast().strip(), AGENT));
  }

  /** Whether it is a line of an option, commented out or not. */
  private static boolean isOf(String option, String line) {
    return line.replaceFirst("^[#\\s]+", "").startsWith(option);
  }

  /** As the agent reads it: the last line counts, and what follows a # does not. */
  private static boolean isYes(String option, List<String> lines) {
    return lines.stream()
        .filter(line -> !line.startsWith("#") && line.strip().startsWith(option))
        .reduce((_, last) -> last)
        .map(line -> line.substring(line.indexOf('=') + 1).split("#", 2)[0])
        .map(value -> value.replaceAll("[\\s\"']", "").toLowerCase(Locale.ROOT))
        .filter("y"::equals)
        .isPresent();
  }

  private static String agentCure(Host host) {
    String service =
        host.platform().family() == Platform.Family.DEBIAN ? "walinuxagent" : "waagent";
    return command(
        host,
        "sed -i -e '$aOS.EnableRDMA=y' -e '/^[# ]*OS.EnableRDMA=/d' %s && systemctl restart %s"
            .formatted(AGENT, service));
  }
}
