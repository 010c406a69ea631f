package io.verbena.lane.rdma;

import io.verbena.cause.Cause;
import io.verbena.lane.Interfaces;
import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import io.verbena.verbs.NodeType;
import io.verbena.verbs.TransportType;
import io.verbena.verbs.VerbsException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Ports as they were at one moment, and what a transport makes of them. Immutable.
 *
 * @param ports those of the best adapter first
 * @param unusable what is wrong with adapters of which no port is here, as clauses
 */
public record RdmaSurvey(List<RdmaPort> ports, List<String> unusable) {
  /** Most that a side offers. */
  public static final int MAX_CANDIDATES = 16;

  /**
   * What this side can use for one connection.
   *
   * @param candidates what the peer may choose from, the best first
   * @param declined other ports, each with the reason
   */
  public record Offered(List<RdmaCandidate> candidates, List<String> declined) {}

  /**
   * The TCP connection beside which a port is chosen.
   *
   * @param local its local address
   * @param nicIndex the number of its interface
   * @param isOf whether its interface is known to be that of a port
   */
  public record Beside(InetAddress local, int nicIndex, Predicate<RdmaPort> isOf) {
    /** One whose interface speaks for no port. */
    public static final Beside ANY = new Beside(InetAddress.getLoopbackAddress(), -1, _ -> false);

    /**
     * One that leaves by an interface.
     *
     * @param local its local address
     * @param nic the interface's name
     * @param nicIndex the interface's number
     * @param interfaces where that is looked up
     */
    public static Beside of(InetAddress local, String nic, int nicIndex, Interfaces interfaces) {
      return new Beside(
          local, nicIndex, port -> interfaces.isOf(nic, port.device(), port.attributes().number()));
    }
  }

  /**
   * What is chosen.
   *
   * @param candidate the port and its address
   * @param pkey the partition key
   * @param passedOver the other ports, each with the reason; those as good are left out
   */
  public record Chosen(RdmaCandidate candidate, int pkey, List<String> passedOver) {}

  /** Keeps copies of the lists. */
  public RdmaSurvey {
    ports = List.copyOf(ports);
    unusable = List.copyOf(unusable);
  }

  /**
   * The same ports, with those of the best adapter first.
   *
   * @param pins what leaves no choice
   */
  public RdmaSurvey sorted(RdmaPins pins) {
    Map<String, List<RdmaPort>> adapters = new LinkedHashMap<>();
    ports.forEach(
        port -> adapters.computeIfAbsent(port.device(), _ -> new ArrayList<>()).add(port));
    List<RdmaPort> sorted =
        adapters.values().stream()
            .sorted(
                Comparator.comparing(
                    (List<RdmaPort> each) -> best(each, pins),
                    Comparator.nullsFirst(RdmaPort.BETTER).reversed()))
            .flatMap(List::stream)
            .toList();
    return new RdmaSurvey(sorted, unusable);
  }

  /** The best of those that can be used, or null. */
  static @Nullable RdmaPort best(List<RdmaPort> ports, RdmaPins pins) {
    return ports.stream()
        .filter(port -> port.problem(pins) == null)
        .max(RdmaPort.BETTER)
        .orElse(null);
  }

  /**
   * Looks at all adapters through the library, and lets go of them.
   *
   * @param pins what leaves no choice
   */
  public static RdmaSurvey ofMachine(RdmaPins pins) {
    List<RdmaPort> ports = new ArrayList<>();
    List<String> unusable = new ArrayList<>();
    try {
      String device = pins.device().orElse(null);
      for (Device each : device == null ? Device.list() : List.of(Device.named(device))) {
        look(each, ports, unusable);
      }
    } catch (VerbsException e) {
      unusable.add(String.valueOf(e.getMessage()));
    }
    return new RdmaSurvey(ports, unusable).sorted(pins);
  }

  private static void look(Device device, List<RdmaPort> ports, List<String> unusable) {
    String foreign = foreign(device);
    if (foreign != null) {
      unusable.add(device.name() + ": " + foreign);
      return;
    }
    try (Context context = device.open()) {
      int distance = NumaDistance.ofMachine().of(device.numaNode());
      ports.addAll(look(context, distance));
    } catch (VerbsException | UncheckedIOException e) {
      unusable.add(device.name() + ": " + e.getMessage());
    }
  }

  /** The ports of an open adapter. */
  static List<RdmaPort> look(Context context, int distance) throws VerbsException {
    List<RdmaPort> found = new ArrayList<>();
    for (int number = 1; number <= context.portCount(); number++) {
      found.add(RdmaPort.look(context, number, distance));
    }
    return found;
  }

  /** Why an adapter is none for us, whatever its ports are like; or null. */
  public static @Nullable String foreign(Device device) {
    if (device.transportType() == TransportType.IWARP
        || device.nodeType() == NodeType.IWARP_ADAPTER) {
      return "it speaks iWARP, whose queue pairs only rdma_cm can connect";
    }
    if (device.transportType() != TransportType.INFINIBAND) {
      return "it speaks neither InfiniBand nor RoCE, but " + device.transportType();
    }
    return null;
  }

  /**
   * What to offer to a peer.
   *
   * @param pins what leaves no choice
   * @param tcp the connection to it
   */
  public Offered offer(RdmaPins pins, Beside tcp) {
    List<String> declined = new ArrayList<>(unusable);
    List<List<RdmaCandidate>> byPort = new ArrayList<>();
    for (RdmaPort port : ports) {
      String problem = port.problem(pins);
      if (problem == null) {
        byPort.add(port.candidates(pins, tcp.local, tcp.nicIndex, tcp.isOf.test(port)));
      } else {
        declined.add(port.place() + ": " + problem);
      }
    }
    return new Offered(inTurn(byPort), declined);
  }

  /** The first of each port before the second of any, so that no port takes all places. */
  static List<RdmaCandidate> inTurn(List<List<RdmaCandidate>> byPort) {
    List<RdmaCandidate> all = new ArrayList<>();
    int longest = byPort.stream().mapToInt(List::size).max().orElse(0);
    for (int i = 0; i < longest; i++) {
      for (List<RdmaCandidate> ofPort : byPort) {
        if (i < ofPort.size()) {
          all.add(ofPort.get(i));
        }
      }
    }
    return all.stream()
        .sorted(Comparator.comparing(candidate -> !candidate.tied()))
        .limit(MAX_CANDIDATES)
        .toList();
  }

  /**
   * What would be chosen for a peer that has the same ports as this side.
   *
   * @param pins what leaves no choice
   * @param tcp the connection to it
   * @return empty if no port can be used: {@link #whyNone} says why
   */
  public Optional<Chosen> choose(RdmaPins pins, Beside tcp) {
    Offered offered = offer(pins, tcp);
    List<RdmaCandidate> ours = offered.candidates;
    if (ours.isEmpty()) {
      return Optional.empty();
    }
    List<String> passedOver = new ArrayList<>(offered.declined);
    RdmaPair pair = RdmaPair.best(ours, ours);
    if (pair == null) {
      // Limited members only: they talk to a full member, which a peer may be.
      RdmaCandidate first = ours.getFirst();
      return Optional.of(new Chosen(first, first.pkeys().getFirst(), passedOver));
    }
    passedOver.addAll(0, pair.passedOver(ours, ours, true));
    return Optional.of(new Chosen(ours.get(pair.client()), pair.clientPkey(), passedOver));
  }

  /**
   * Why no port can be used, as a clause.
   *
   * @param pins what leaves no choice
   */
  public String whyNone(RdmaPins pins) {
    List<String> declined = offer(pins, Beside.ANY).declined;
    return declined.isEmpty() ? Cause.NO_DEVICE.toString() : String.join("; ", declined);
  }
}
