package io.verbena.lane.rdma;

import io.verbena.cause.Cause;
import io.verbena.verbs.Context;
import io.verbena.verbs.Gid;
import io.verbena.verbs.GidEntry;
import io.verbena.verbs.GidType;
import io.verbena.verbs.LinkLayer;
import io.verbena.verbs.PortAttributes;
import io.verbena.verbs.PortState;
import io.verbena.verbs.VerbsException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A port with its tables, as they were at one moment.
 *
 * @param device the adapter's name
 * @param attributes the port
 * @param gids the addresses
 * @param pkeys the partition keys by place, zero where a place is empty
 * @param distance of the adapter from this process, see {@link RdmaCandidate#distance}
 */
public record RdmaPort(
    String device,
    PortAttributes attributes,
    List<GidEntry> gids,
    List<Integer> pkeys,
    int distance) {
  /** Of adapters, and of ports where the peer does not matter: the better is the greater. */
  static final Comparator<RdmaPort> BETTER =
      Comparator.comparing((RdmaPort port) -> !port.isEthernet())
          .thenComparingInt(port -> port.attributes.megabitsPerSecond())
          .thenComparingInt(port -> -port.distance);

  /** Addresses of a kind that are offered: a port can have one for each VLAN. */
  private static final int MAX_OF_KIND = 2;

  static RdmaPort look(Context context, int number, int distance) throws VerbsException {
    PortAttributes attributes = context.port(number);
    List<Integer> pkeys = new ArrayList<>();
    for (int i = 0; i < attributes.pkeyTableLength(); i++) {
      pkeys.add(context.pkey(number, i));
    }
    return new RdmaPort(context.device().name(), attributes, context.gids(number), pkeys, distance);
  }

  /** Where it is, as in {@code mlx5_0:1}. */
  public String place() {
    return device + ':' + attributes.number();
  }

  /** Why this port cannot be used, or null. */
  public @Nullable String problem(RdmaPins pins) {
    if (pins.port().isPresent() && pins.port().getAsInt() != attributes.number()) {
      return "the configuration wants port " + pins.port().getAsInt();
    }
    if (attributes.state() != PortState.ACTIVE) {
      return attributes.state() == PortState.INIT
          ? "port INIT, " + Cause.SUBNET_MANAGER
          : "port " + attributes.state() + ": " + Cause.LINK.cure();
    }
    if (pkeys(pins).isEmpty()) {
      return pins.pkey().isEmpty()
          ? "it has no partition key"
          : "it is not in partition 0x%04x".formatted(pins.pkey().getAsInt());
    }
    if (addresses(pins).isEmpty()) {
      return pins.gidIndex().isEmpty()
          ? isEthernet() ? Cause.NO_ROCE_ADDRESS.toString() : "it has no InfiniBand address"
          : "it has no usable GID %d".formatted(pins.gidIndex().getAsInt());
    }
    return null;
  }

  /**
   * What to offer of this port, the best first: the TCP connection's address, then few of each
   * kind.
   *
   * @param local the TCP connection's local address
   * @param nicIndex the number of the TCP connection's interface
   * @param tied whether that interface is known to be of this port
   */
  List<RdmaCandidate> candidates(RdmaPins pins, InetAddress local, int nicIndex, boolean tied) {
    if (problem(pins) != null) {
      return List.of();
    }
    Comparator<GidEntry> better =
        Comparator.comparing((GidEntry entry) -> !isOf(entry, local))
            .thenComparing(entry -> entry.interfaceIndex() != nicIndex)
            .thenComparingInt(RdmaPort::kindOf)
            .thenComparingInt(GidEntry::index);
    int[] ofKind = new int[3];
    List<RdmaCandidate> best = new ArrayList<>();
    for (GidEntry entry : addresses(pins).stream().sorted(better).toList()) {
      if (ofKind[kindOf(entry)]++ < MAX_OF_KIND) {
        boolean near = tied || isOf(entry, local) || entry.interfaceIndex() == nicIndex;
        best.add(candidate(entry, pins, near));
      }
    }
    return best;
  }

  private static boolean isOf(GidEntry entry, InetAddress local) {
    return entry.gid().inetAddress().equals(local);
  }

  /** Addresses of different kinds do not reach each other; 2 is of use on one link only. */
  private static int kindOf(GidEntry entry) {
    Gid gid = entry.gid();
    if (entry.type() == GidType.INFINIBAND || gid.isIpv4Mapped()) {
      return 0;
    }
    return gid.isLinkLocal() ? 2 : 1;
  }

  private RdmaCandidate candidate(GidEntry entry, RdmaPins pins, boolean tied) {
    return new RdmaCandidate(
        device,
        attributes.number(),
        entry.type(),
        entry.index(),
        entry.gid(),
        attributes.lid(),
        attributes.activeMtuBytes(),
        attributes.megabitsPerSecond(),
        distance,
        tied,
        pkeys(pins));
  }

  /** RoCE version 1 only for those who ask: few peers speak it, and routers do not pass it on. */
  private List<GidEntry> addresses(RdmaPins pins) {
    GidType usual = isEthernet() ? GidType.ROCE_V2 : GidType.INFINIBAND;
    return gids.stream()
        .filter(entry -> !entry.gid().isZero() && entry.type() != GidType.UNKNOWN)
        .filter(
            entry ->
                pins.gidIndex().isEmpty()
                    ? entry.type() == usual
                    : entry.index() == pins.gidIndex().getAsInt())
        .toList();
  }

  private List<Integer> pkeys(RdmaPins pins) {
    return pkeys.stream()
        .filter(pkey -> (pkey & RdmaPair.PARTITION) != 0)
        .filter(
            pkey ->
                pins.pkey().isEmpty()
                    || ((pkey ^ pins.pkey().getAsInt()) & RdmaPair.PARTITION) == 0)
        .distinct()
        .limit(RdmaCandidate.MAX_PKEYS)
        .toList();
  }

  /** Whether it speaks RoCE. */
  public boolean isEthernet() {
    return attributes.linkLayer() == LinkLayer.ETHERNET;
  }
}
