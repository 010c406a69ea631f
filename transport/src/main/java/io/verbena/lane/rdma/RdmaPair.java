package io.verbena.lane.rdma;

import io.verbena.cause.Cause;
import io.verbena.verbs.Gid;
import io.verbena.verbs.GidType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which address of the client's talks to which of the server's, in which partition. The choice
 * depends on the two lists and on nothing else.
 *
 * @param client place in the client's list
 * @param server place in the server's list
 * @param clientPkey the key that the client uses
 * @param serverPkey the key of the same partition that the server uses
 */
public record RdmaPair(int client, int server, int clientPkey, int serverPkey) {
  /** The bits of a key that say which partition; the other one says full membership. */
  static final int PARTITION = 0x7fff;

  private static final int FULL_MEMBER = 0x8000;

  /** Two sides of a pair that would do. */
  private record Ends(int client, int server, RdmaCandidate ours, RdmaCandidate theirs) {
    int rate() {
      return Math.min(ours.megabitsPerSecond(), theirs.megabitsPerSecond());
    }

    int tied() {
      return (ours.tied() ? 1 : 0) + (theirs.tied() ? 1 : 0);
    }

    /** Addresses of one subnet have much in common; where it ends, nobody tells. */
    int commonBits() {
      return ours.type() == GidType.INFINIBAND ? 0 : RdmaPair.commonBits(ours.gid(), theirs.gid());
    }
  }

  /** What makes one pair better than another, and how one says that of the worse. */
  private record Criterion(String worse, Comparator<Ends> better) {}

  private static final List<Criterion> CRITERIA =
      List.of(
          new Criterion(
              "Ethernet", Comparator.comparing(ends -> ends.ours.type() == GidType.INFINIBAND)),
          new Criterion(
              "not the network of the TCP connection", Comparator.comparingInt(Ends::tied)),
          new Criterion("slower", Comparator.comparingInt(Ends::rate)),
          new Criterion(
              "its address has less in common with the peer's",
              Comparator.comparingInt(Ends::commonBits)),
          new Criterion(
              "further from the processor",
              Comparator.comparingInt(ends -> -(ends.ours.distance() + ends.theirs.distance()))));

  private static final Comparator<Ends> BETTER =
      CRITERIA.stream()
          .map(Criterion::better)
          .reduce(Comparator::thenComparing)
          .orElseThrow()
          .thenComparingInt(ends -> -ends.client)
          .thenComparingInt(ends -> -ends.server);

  /** The best pair, or null if none would do. */
  public static @Nullable RdmaPair best(List<RdmaCandidate> client, List<RdmaCandidate> server) {
    Ends best = ends(client, server).stream().max(BETTER).orElse(null);
    if (best == null) {
      return null;
    }
    int[] pkeys = sharedPkeys(best.ours.pkeys(), best.theirs.pkeys());
    return pkeys == null ? null : new RdmaPair(best.client, best.server, pkeys[0], pkeys[1]);
  }

  private static List<Ends> ends(List<RdmaCandidate> client, List<RdmaCandidate> server) {
    List<Ends> possible = new ArrayList<>();
    for (int i = 0; i < client.size(); i++) {
      for (int j = 0; j < server.size(); j++) {
        if (problem(client.get(i), server.get(j)) == null) {
          possible.add(new Ends(i, j, client.get(i), server.get(j)));
        }
      }
    }
    return possible;
  }

  /** Whether this is a pair of those lists that would do: it may come from a stranger. */
  public boolean fits(List<RdmaCandidate> clients, List<RdmaCandidate> servers) {
    if (client < 0 || client >= clients.size() || server < 0 || server >= servers.size()) {
      return false;
    }
    RdmaCandidate ours = clients.get(client);
    RdmaCandidate theirs = servers.get(server);
    return problem(ours, theirs) == null
        && ours.pkeys().contains(clientPkey)
        && theirs.pkeys().contains(serverPkey)
        && sharePartition(clientPkey, serverPkey);
  }

  /** Why two addresses cannot talk to each other, or null. */
  static @Nullable String problem(RdmaCandidate one, RdmaCandidate other) {
    String apart = apart(one, other);
    if (apart == null && sharedPkeys(one.pkeys(), other.pkeys()) == null) {
      return "%s and %s share no partition: %s and %s"
          .formatted(one.place(), other.place(), text(one.pkeys()), text(other.pkeys()));
    }
    return apart;
  }

  /** Why two addresses could not talk to each other in whatever partition, or null. */
  private static @Nullable String apart(RdmaCandidate one, RdmaCandidate other) {
    if (one.type() != other.type()) {
      return "%s speaks %s, %s %s"
          .formatted(one.place(), one.protocol(), other.place(), other.protocol());
    }
    if (one.type() == GidType.INFINIBAND) {
      // Packets are addressed by LID, which does not lead out of a subnet.
      if (one.gid().subnetPrefix() != other.gid().subnetPrefix()) {
        return "%s and %s are in different subnets".formatted(one.place(), other.place());
      }
    } else if (one.gid().isIpv4Mapped() != other.gid().isIpv4Mapped()) {
      return "%s has no %s address, which %s has"
          .formatted(one.place(), other.gid().isIpv4Mapped() ? "IPv4" : "IPv6", other.place());
    } else if (one.gid().isLinkLocal() != other.gid().isLinkLocal()) {
      return "one of the addresses of %s and %s works on one link only"
          .formatted(one.place(), other.place());
    }
    return null;
  }

  /** Why no pair would do, for people. */
  public static String whyNone(List<RdmaCandidate> client, List<RdmaCandidate> server) {
    Set<String> problems = new LinkedHashSet<>();
    Set<String> apart = new LinkedHashSet<>();
    for (RdmaCandidate ours : client) {
      for (RdmaCandidate theirs : server) {
        String problem = problem(ours, theirs);
        if (problem != null) {
          (apart(ours, theirs) == null ? apart : problems).add(problem);
        }
      }
    }
    // Last, so that the cure follows what it is for.
    problems.addAll(apart);
    return "no pair of ports fits: "
        + String.join("; ", problems)
        + (apart.isEmpty() ? "" : ": " + Cause.PARTITION.cure());
  }

  /** Of one side's other ports, each with why it was not chosen; those as good are left out. */
  public List<String> passedOver(
      List<RdmaCandidate> clients, List<RdmaCandidate> servers, boolean ofClient) {
    var chosen = new Ends(client, server, clients.get(client), servers.get(server));
    Set<String> places = new LinkedHashSet<>();
    (ofClient ? clients : servers).forEach(each -> places.add(each.place()));
    places.remove((ofClient ? chosen.ours : chosen.theirs).place());
    List<Ends> possible = ends(clients, servers);
    List<String> reasons = new ArrayList<>();
    for (String place : places) {
      Ends best =
          possible.stream()
              .filter(ends -> (ofClient ? ends.ours : ends.theirs).place().equals(place))
              .max(BETTER)
              .orElse(null);
      String reason = best == null ? "no port of the peer fits" : worse(best, chosen);
      if (reason != null) {
        reasons.add(place + ": " + reason);
      }
    }
    return reasons;
  }

  private static @Nullable String worse(Ends ends, Ends chosen) {
    for (Criterion criterion : CRITERIA) {
      if (criterion.better.compare(ends, chosen) < 0) {
        return criterion.worse;
      }
    }
    return null;
  }

  /** Full members first, then the default partition, then the first one's order; null if none. */
  public static int @Nullable [] sharedPkeys(List<Integer> ones, List<Integer> others) {
    int[] best = null;
    int bestRank = -1;
    for (int one : ones) {
      for (int other : others) {
        if (sharePartition(one, other)) {
          int rank =
              ((one & other & FULL_MEMBER) != 0 ? 2 : 0) + ((one & PARTITION) == PARTITION ? 1 : 0);
          if (rank > bestRank) {
            bestRank = rank;
            best = new int[] {one, other};
          }
        }
      }
    }
    return best;
  }

  /** Limited members of a partition talk to its full members only. */
  private static boolean sharePartition(int one, int other) {
    return (one & PARTITION) == (other & PARTITION)
        && (one & PARTITION) != 0
        && ((one | other) & FULL_MEMBER) != 0;
  }

  private static int commonBits(Gid one, Gid other) {
    long upper = one.subnetPrefix() ^ other.subnetPrefix();
    return upper != 0
        ? Long.numberOfLeadingZeros(upper)
        : Long.SIZE + Long.numberOfLeadingZeros(one.interfaceId() ^ other.interfaceId());
  }

  private static String text(List<Integer> pkeys) {
    return String.join(", ", pkeys.stream().map("0x%04x"::formatted).toList());
  }
}
