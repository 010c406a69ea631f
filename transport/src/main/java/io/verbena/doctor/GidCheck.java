package io.verbena.doctor;

import io.verbena.cause.Cause;
import io.verbena.lane.rdma.RdmaPort;
import io.verbena.verbs.GidEntry;
import io.verbena.verbs.GidType;
import java.util.List;
import java.util.Optional;

/** Which address of a RoCE port is used. */
final class GidCheck implements Check {
  @Override
  public Finding look(Host host) {
    Notes notes = new Notes("gid", "GID (RoCE)");
    Optional<RdmaPort> looked = host.mainPort();
    if (looked.isEmpty()) {
      return notes.notApplicable("There is no port that could have an address.");
    }
    RdmaPort port = looked.get();
    for (GidEntry each : port.gids()) {
      notes.saw(
          "%s/gids/%d".formatted(RdmaNode.folder(port), each.index()),
          each.gid() + ", " + name(each.type()));
    }
    if (!port.isEthernet() && port.gids().isEmpty()) {
      return notes.fail(
          "The port %s has no InfiniBand address.".formatted(port.place()),
          "Reload the adapter's driver, or restart the machine: an active port has one always.");
    }
    if (!port.isEthernet()) {
      return notes.notApplicable(
          "The port %s is InfiniBand's, whose address is GID %d."
              .formatted(port.place(), host.choice().map(Choice::gidIndex).orElse(0)));
    }
    List<GidEntry> usable =
        port.gids().stream().filter(each -> each.type() == GidType.ROCE_V2).toList();
    if (usable.isEmpty()) {
      return notes.finding(
          host.choice().isPresent() ? Severity.WARN : Severity.FAIL,
          "The port %s has no RoCE v2 address.".formatted(port.place()),
          Cause.NO_ROCE_ADDRESS.advice());
    }
    if (usable.stream().allMatch(each -> each.gid().isLinkLocal())) {
      return notes.warn(
          "The port %s has link-local RoCE v2 addresses only: a peer must be on the same link."
              .formatted(port.place()),
          Cause.NO_ROCE_ADDRESS.advice());
    }
    return notes.ok(
        host.choice()
            .map(
                each ->
                    "Verbena would use GID %d, %s; beside a TCP connection from another address of"
                            .formatted(each.gidIndex(), each.gid())
                        + " the port, that one's.")
            .orElse("The port %s has RoCE v2 addresses.".formatted(port.place())));
  }

  private static String name(GidType type) {
    return switch (type) {
      case INFINIBAND -> "InfiniBand";
      case ROCE_V1 -> "RoCE v1";
      case ROCE_V2 -> "RoCE v2";
      case UNKNOWN -> "of an unknown type";
    };
  }
}
