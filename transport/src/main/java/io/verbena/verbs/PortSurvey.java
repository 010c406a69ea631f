package io.verbena.verbs;

import io.verbena.cause.Cause;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All ports of this machine, as they were at one moment, and what could not be looked at.
 *
 * @param ports the ports
 * @param failures adapters that did not answer, with the reason
 */
record PortSurvey(List<Port> ports, List<String> failures) {
  /** Full membership of a partition: which partition it is, the other bits say. */
  private static final int MEMBERSHIP = 0x8000;

  /** A port with its tables; empty places of the partition table are zero. */
  record Port(Device device, PortAttributes attributes, List<GidEntry> gids, List<Integer> pkeys) {
    String name() {
      return device.name() + " port " + attributes.number();
    }
  }

  /** RoCE version 1 only for those who ask: few peers speak it, and routers do not pass it on. */
  private static @Nullable GidType gidType(Port port, PortWishes wishes) {
    return wishes.gidType() == null && port.attributes.linkLayer() == LinkLayer.ETHERNET
        ? GidType.ROCE_V2
        : wishes.gidType();
  }

  static PortSurvey of(List<Device> devices) {
    List<Port> ports = new ArrayList<>();
    List<String> failures = new ArrayList<>();
    for (Device device : devices) {
      try (Context context = device.open()) {
        for (int number = 1; number <= context.portCount(); number++) {
          ports.add(look(context, number));
        }
      } catch (VerbsException e) {
        failures.add(device.name() + ": " + e.getMessage());
      } catch (UncheckedIOException e) {
        // It was looked at, and only closing it failed: no reason not to choose it, or another.
        failures.add(device.name() + ": " + e.getMessage());
      }
    }
    return new PortSurvey(ports, failures);
  }

  private static Port look(Context context, int number) throws VerbsException {
    PortAttributes attributes = context.port(number);
    List<Integer> pkeys = new ArrayList<>();
    for (int i = 0; i < attributes.pkeyTableLength(); i++) {
      pkeys.add(context.pkey(number, i));
    }
    return new Port(context.device(), attributes, context.gids(number), pkeys);
  }

  /** The best port: the one with a native InfiniBand link, then the fastest, then the first. */
  PortChoice choose(PortWishes wishes) throws VerbsException {
    List<Port> fitting = new ArrayList<>();
    List<String> reasons = new ArrayList<>(failures);
    for (Port port : ports) {
      String problem = problem(port, wishes);
      if (problem == null) {
        fitting.add(port);
      } else {
        reasons.add(port.name() + ' ' + problem);
      }
    }
    Port best =
        fitting.stream()
            .max(
                Comparator.comparing(
                        (Port port) -> port.attributes.linkLayer() != LinkLayer.ETHERNET)
                    .thenComparingInt(port -> port.attributes.megabitsPerSecond())
                    .thenComparingInt(port -> -ports.indexOf(port)))
            .orElse(null);
    if (best == null) {
      throw VerbsException.unavailable(
          reasons.isEmpty() ? Cause.NO_DEVICE.toString() : String.join("; ", reasons));
    }
    List<GidEntry> gids = gids(best, wishes);
    String reason =
        "%s is active, speaks %s at %d Mb/s%s, with %s address %s"
            .formatted(
                best.name(),
                best.attributes.linkLayer(),
                best.attributes.megabitsPerSecond(),
                fitting.size() == 1 ? "" : ", the best of " + fitting.size(),
                name(gids.getFirst().type()),
                gids.getFirst().gid());
    return new PortChoice(
        best.device, best.attributes, gids, pkeyIndex(best, wishes.pkey()), reason);
  }

  private static @Nullable String problem(Port port, PortWishes wishes) {
    PortAttributes attributes = port.attributes;
    if (wishes.device() != null && !wishes.device().equals(port.device.name())) {
      return "is not of " + wishes.device();
    }
    if (wishes.port() != 0 && wishes.port() != attributes.number()) {
      return "is not port " + wishes.port();
    }
    if (attributes.state() != PortState.ACTIVE) {
      return attributes.state() == PortState.INIT
          ? "is INIT, " + Cause.SUBNET_MANAGER
          : "is " + attributes.state() + ": " + Cause.LINK.cure();
    }
    if (wishes.linkLayer() != null && wishes.linkLayer() != attributes.linkLayer()) {
      return "speaks " + attributes.linkLayer();
    }
    if (gids(port, wishes).isEmpty()) {
      GidType type = gidType(port, wishes);
      return "has no "
          + (type == null ? "address" : name(type) + " address")
          + (wishes.address() == null ? "" : ' ' + wishes.address().getHostAddress())
          + (type == GidType.ROCE_V2 && wishes.address() == null
              ? ": " + Cause.NO_ROCE_ADDRESS.cure()
              : "");
    }
    if (pkeyIndex(port, wishes.pkey()) < 0) {
      return "is not in partition 0x" + Integer.toHexString(wishes.pkey());
    }
    return null;
  }

  /** IPv4 before IPv6 before what works on one link only. */
  private static List<GidEntry> gids(Port port, PortWishes wishes) {
    GidType type = gidType(port, wishes);
    InetAddress address = wishes.address();
    return port.gids.stream()
        .filter(entry -> type == null || entry.type() == type)
        .filter(entry -> address == null || entry.gid().inetAddress().equals(address))
        .sorted(
            Comparator.comparing((GidEntry entry) -> !entry.gid().isIpv4Mapped())
                .thenComparing(entry -> entry.gid().isLinkLocal())
                .thenComparingInt(GidEntry::index))
        .toList();
  }

  private static String name(GidType type) {
    return switch (type) {
      case INFINIBAND -> "InfiniBand";
      case ROCE_V1 -> "RoCE v1";
      case ROCE_V2 -> "RoCE v2";
      case UNKNOWN -> "unknown";
    };
  }

  /** The first key, or the place of the one that is wished for, full members first. */
  private static int pkeyIndex(Port port, int wished) {
    int found = -1;
    for (int i = port.pkeys.size() - 1; i >= 0; i--) {
      int pkey = port.pkeys.get(i);
      boolean same =
          wished == 0 ? pkey != 0 : (pkey & ~MEMBERSHIP) == (wished & ~MEMBERSHIP) && pkey != 0;
      if (same
          && (found < 0 || (pkey & MEMBERSHIP) != 0 || (port.pkeys.get(found) & MEMBERSHIP) == 0)) {
        found = i;
      }
    }
    return found;
  }
}
