package io.verbena.lane.rdma;

import io.verbena.cause.Cause;
import io.verbena.lane.Interfaces;
import io.verbena.verbs.Device;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * All adapters of this machine that had a usable port when a transport was opened, and what is
 * wrong with the others. Thread-safe.
 */
public final class RdmaAdapters implements AutoCloseable {
  /** Reading a port's tables takes a system call for each entry: not for each connection. */
  private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** What was so then may have changed since. */
  private static final String AT_OPENING = " (when the transport was opened)";

  private record Opened(RdmaAdapter adapter, int distance) {}

  private record Known(Opened of, RdmaPort port) {}

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
      best.sort(Comparator.comparing(Known::port, RdmaPort.BETTER).reversed());
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
    String foreign = RdmaSurvey.foreign(device);
    if (foreign != null) {
      unusable.add(device.name() + ": " + foreign);
      return;
    }
    RdmaAdapter adapter = null;
    List<String> problems = new ArrayList<>();
    try {
      adapter = RdmaAdapter.open(device);
      int distance = NumaDistance.ofMachine().of(device.numaNode());
      var candidate = new Opened(adapter, distance);
      List<RdmaPort> found = RdmaSurvey.look(adapter.context(), distance);
      RdmaPort usable = RdmaSurvey.best(found, pins);
      if (usable != null) {
        best.add(new Known(candidate, usable));
        return;
      }
      found.forEach(port -> problems.add(port.place() + ": " + port.problem(pins)));
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

  /**
   * What to offer to a peer.
   *
   * @param local the TCP connection's local address
   * @param nic the TCP connection's interface
   */
  public synchronized RdmaSurvey.Offered offer(InetAddress local, String nic) {
    refresh();
    List<String> others = new ArrayList<>(unusable);
    others.addAll(failures);
    var survey = new RdmaSurvey(ports.stream().map(Known::port).toList(), others);
    var tcp = RdmaSurvey.Beside.of(local, nic, Interfaces.indexOf(nic), interfaces);
    return survey.offer(pins, tcp);
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
        for (RdmaPort port : RdmaSurvey.look(each.adapter.context(), each.distance)) {
          found.add(new Known(each, port));
        }
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
