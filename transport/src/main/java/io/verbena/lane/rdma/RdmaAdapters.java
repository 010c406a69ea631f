package io.verbena.lane.rdma;

import io.verbena.cause.Cause;
import io.verbena.lane.Interfaces;
import io.verbena.verbs.Device;
import io.verbena.verbs.NodeType;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.TransportType;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * All adapters of this machine that had a usable port when a transport was opened, and what is
 * wrong with the others. Thread-safe.
 */
public final class RdmaAdapters implements AutoCloseable {
  /** Most that a side offers. */
  public static final int MAX_CANDIDATES = 16;

  /** Reading a port's tables takes a system call for each entry: not for each connection. */
  private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** What was so then may have changed since. */
  private static final String AT_OPENING = " (when the transport was opened)";

  private record Opened(RdmaAdapter adapter, int distance) {}

  private record Known(Opened of, RdmaPort port) {
    private static final Comparator<Known> BETTER =
        Comparator.comparing((Known each) -> !each.port.isEthernet())
            .thenComparingInt(each -> each.port.attributes().megabitsPerSecond())
            .thenComparingInt(each -> -each.of.distance);
  }

  /**
   * What this side can use for one connection.
   *
   * @param candidates what the peer may choose from, the best first
   * @param declined other ports, each with the reason
   */
  public record Offered(List<RdmaCandidate> candidates, List<String> declined) {}

  private final RdmaPins pins;
  private final Interfaces interfaces;
  private final List<Opened> opened = new ArrayList<>();

  /** What is wrong with those that are not open. They are not looked at again. */
  private final List<String> unusable = new ArrayList<>();

  private List<Known> ports = List.of();
  private List<String> failures = List.of();
  private long lookedAt;

  private RdmaAdapters(RdmaPins pins, Interfaces interfaces) {
    this.pins = pins;
    this.interfaces = interfaces;
  }

  /**
   * Opens the adapters that have a usable port.
   *
   * @param pins what leaves no choice
   * @throws IOException if there is none; its message is the reason, as a clause
   */
  public static RdmaAdapters open(RdmaPins pins) throws IOException {
    var adapters = new RdmaAdapters(pins, Interfaces.ofMachine());
    List<Known> best = new ArrayList<>();
    try {
      String device = pins.device().orElse(null);
      for (Device each : device == null ? Device.list() : List.of(Device.named(device))) {
        adapters.add(each, best);
      }
      // Grants are through the first adapter unless another is named.
      best.sort(Known.BETTER.reversed());
      best.forEach(each -> adapters.opened.add(each.of));
      if (adapters.opened.isEmpty()) {
        throw new IOException(adapters.whyNone());
      }
      return adapters;
    } catch (IOException | RuntimeException e) {
      best.forEach(each -> each.of.adapter.close());
      throw e;
    }
  }

  private void add(Device device, List<Known> best) {
    String foreign = foreign(device);
    if (foreign != null) {
      unusable.add(device.name() + ": " + foreign);
      return;
    }
    RdmaAdapter adapter = null;
    List<String> problems = new ArrayList<>();
    try {
      adapter = RdmaAdapter.open(device);
      int distance = new NumaDistance(Path.of("/")).of(device.numaNode());
      var candidate = new Opened(adapter, distance);
      List<Known> usable = usable(look(candidate), problems);
      if (!usable.isEmpty()) {
        best.add(usable.stream().max(Known.BETTER).orElseThrow());
        return;
      }
    } catch (IOException | RuntimeException e) {
      problems.add(device.name() + ": " + e.getMessage());
    }
    problems.forEach(each -> unusable.add(each + AT_OPENING));
    if (adapter != null) {
      adapter.close();
    }
  }

  /**
   * Closes an adapter that turns out to be of no use; only before there are lanes.
   *
   * @param problem why, as a clause
   */
  public void leaveOut(RdmaAdapter adapter, String problem) {
    opened.removeIf(each -> each.adapter.equals(adapter));
    unusable.add(adapter.device() + ": " + problem + AT_OPENING);
    adapter.close();
  }

  /** Why there is no adapter, if there is none. */
  public String whyNone() {
    return unusable.isEmpty() ? Cause.NO_DEVICE.toString() : String.join("; ", unusable);
  }

  /** Why an adapter is none for us, whatever its ports are like; or null. */
  static @Nullable String foreign(Device device) {
    if (device.transportType() == TransportType.IWARP
        || device.nodeType() == NodeType.IWARP_ADAPTER) {
      return "it speaks iWARP, whose queue pairs only rdma_cm can connect";
    }
    if (device.transportType() != TransportType.INFINIBAND) {
      return "it speaks neither InfiniBand nor RoCE, but " + device.transportType();
    }
    return null;
  }

  private static List<Known> look(Opened of) throws VerbsException {
    List<Known> found = new ArrayList<>();
    for (int number = 1; number <= of.adapter.context().portCount(); number++) {
      found.add(new Known(of, RdmaPort.look(of.adapter.context(), number, of.distance)));
    }
    return found;
  }

  private List<Known> usable(List<Known> found, List<String> problems) {
    List<Known> usable = new ArrayList<>();
    for (Known each : found) {
      String problem = each.port.problem(pins);
      if (problem == null) {
        usable.add(each);
      } else {
        problems.add(each.port.place() + ": " + problem);
      }
    }
    return usable;
  }

  /**
   * What to offer to a peer.
   *
   * @param local the TCP connection's local address
   * @param nic the TCP connection's interface
   */
  public synchronized Offered offer(InetAddress local, String nic) {
    refresh();
    int nicIndex = Interfaces.indexOf(nic);
    List<String> declined = new ArrayList<>(unusable);
    declined.addAll(failures);
    List<List<RdmaCandidate>> byPort = new ArrayList<>();
    for (Known each : usable(ports, declined)) {
      RdmaPort port = each.port;
      boolean tied = interfaces.isOf(nic, port.device(), port.attributes().number());
      byPort.add(port.candidates(pins, local, nicIndex, tied));
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
   * What a queue pair for a candidate of ours starts from.
   *
   * @throws IOException if its port is gone or has lost the key
   */
  public synchronized RdmaPath path(RdmaCandidate candidate, int pkey) throws IOException {
    for (Known each : ports) {
      if (each.port.device().equals(candidate.device())
          && each.port.attributes().number() == candidate.port()) {
        RdmaAdapter adapter = each.of.adapter;
        int index =
            adapter
                .context()
                .pkeyIndex(candidate.port(), pkey)
                .orElseThrow(
                    () ->
                        new IOException(
                            "%s has lost its partition key 0x%04x"
                                .formatted(candidate.place(), pkey)));
        return new RdmaPath(
            adapter,
            candidate.port(),
            candidate.gidIndex(),
            pkey,
            index,
            each.port.attributes().maxMessageBytes());
      }
    }
    throw new IOException(candidate.place() + " is gone");
  }

  private void refresh() {
    if (!ports.isEmpty() && System.nanoTime() - lookedAt < FRESH_NANOS) {
      return;
    }
    List<Known> found = new ArrayList<>();
    List<String> silent = new ArrayList<>();
    for (Opened each : opened) {
      String refusal = each.adapter.refusal();
      if (refusal != null) {
        silent.add(each.adapter.device() + ": " + refusal);
        continue;
      }
      try {
        found.addAll(look(each));
      } catch (VerbsException e) {
        silent.add(each.adapter.device() + ": " + e.getMessage());
      }
    }
    ports = List.copyOf(found);
    failures = List.copyOf(silent);
    lookedAt = System.nanoTime();
  }

  /** The adapters, the first of them the one that is used where none is named. */
  public List<RdmaAdapter> all() {
    return opened.stream().map(Opened::adapter).toList();
  }

  /** Whether this thread is in a lane's events, and so holds the lock of all lanes there. */
  public boolean isInUseByCurrentThread() {
    return opened.stream().anyMatch(each -> each.adapter.hub().lock().isHeldByCurrentThread());
  }

  /** Where memory must be registered for all adapters to reach it, the first adapter's first. */
  public ProtectionDomain[] domains() {
    return opened.stream().map(each -> each.adapter.domain()).toArray(ProtectionDomain[]::new);
  }

  /** Closes the devices; lanes must be closed before. */
  @Override
  public void close() {
    opened.forEach(each -> each.adapter.close());
  }
}
