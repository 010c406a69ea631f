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
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The adapters of this machine that are in use, because they have a usable port, or have had one
 * since a transport was opened; and what is wrong with the others. Thread-safe.
 */
public final class RdmaAdapters implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RdmaAdapters.class);

  /** Reading a port's tables takes a system call for each entry: not for each connection. */
  private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** What was so then may have changed since. */
  private static final String AT_OPENING = " (when the transport was opened)";

  /** Who has to be ready for an adapter before there is a lane on it. */
  public interface Newcomers {
    /**
     * An adapter has got a usable port.
     *
     * @throws IOException if it cannot be used all the same: it is not tried again
     */
    void welcome(RdmaAdapter adapter) throws IOException;
  }

  private record Opened(RdmaAdapter adapter, int distance) {}

  private record Known(Opened of, RdmaPort port) {}

  private final RdmaPins pins;
  private final Interfaces interfaces;
  private final List<Opened> opened = new ArrayList<>();

  /** Of these the ones in use, the best first at the time of opening. */
  private final CopyOnWriteArrayList<RdmaAdapter> used = new CopyOnWriteArrayList<>();

  /** What is wrong with those that are not open. They are not looked at again. */
  private final List<String> unusable = new ArrayList<>();

  private @Nullable Newcomers newcomers;
  private List<Known> ports = List.of();
  private List<String> failures = List.of();
  private long lookedAt;
  private boolean closed;

  private RdmaAdapters(RdmaPins pins, Interfaces interfaces) {
    this.pins = pins;
    this.interfaces = interfaces;
  }

  /**
   * Opens all adapters, and uses those that have a usable port.
   *
   * @param pins what leaves no choice
   * @throws IOException if there is none to open; its message is the reason, as a clause
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
      best.forEach(each -> adapters.used.add(each.of.adapter));
      // So are offers: where all else is equal the peer takes the first.
      adapters.opened.sort(
          Comparator.comparing((Opened each) -> !adapters.used.contains(each.adapter))
              .thenComparingInt(each -> adapters.used.indexOf(each.adapter)));
      if (adapters.opened.isEmpty()) {
        throw new IOException(adapters.whyNone());
      }
      return adapters;
    } catch (IOException | RuntimeException e) {
      adapters.close();
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
    try {
      adapter = RdmaAdapter.open(device);
      var candidate = new Opened(adapter, NumaDistance.ofMachine().of(device.numaNode()));
      List<RdmaPort> its = RdmaSurvey.look(adapter.context(), candidate.distance);
      RdmaPort usable = RdmaSurvey.best(its, pins);
      if (usable != null) {
        best.add(new Known(candidate, usable));
      }
      opened.add(candidate);
    } catch (IOException | RuntimeException e) {
      unusable.add(device.name() + ": " + e.getMessage() + AT_OPENING);
      if (adapter != null) {
        adapter.close();
      }
    }
  }

  /**
   * Closes an adapter that turns out to be of no use; only before there are lanes.
   *
   * @param problem why, as a clause
   */
  public void leaveOut(RdmaAdapter adapter, String problem) {
    used.remove(adapter);
    opened.removeIf(each -> each.adapter.equals(adapter));
    unusable.add(adapter.device() + ": " + problem + AT_OPENING);
    adapter.close();
  }

  /**
   * From now on adapters come into use when they have got a usable port.
   *
   * @param whom who hears of each before
   */
  public synchronized void welcomeNewcomers(Newcomers whom) {
    newcomers = whom;
  }

  /** Why no adapter is in use, as things stand; or empty if one is. */
  public synchronized Optional<String> unavailable() {
    if (used.isEmpty()) {
      refresh();
    }
    return used.isEmpty() ? Optional.of(whyNone()) : Optional.empty();
  }

  private String whyNone() {
    List<String> why = new ArrayList<>(others());
    for (Known each : ports) {
      why.add(each.port.place() + ": " + each.port.problem(pins));
    }
    return why.isEmpty() ? Cause.NO_DEVICE.toString() : String.join("; ", why);
  }

  /** What is wrong with adapters whose ports are not known. */
  private List<String> others() {
    List<String> others = new ArrayList<>(unusable);
    others.addAll(failures);
    return others;
  }

  /**
   * What to offer to a peer.
   *
   * @param local the TCP connection's local address
   * @param nic the TCP connection's interface
   */
  public synchronized RdmaSurvey.Offered offer(InetAddress local, String nic) {
    refresh();
    var survey = new RdmaSurvey(ports.stream().map(Known::port).toList(), others());
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
    if (closed || (!ports.isEmpty() && System.nanoTime() - lookedAt < FRESH_NANOS)) {
      return;
    }
    List<Known> found = new ArrayList<>();
    List<String> silent = new ArrayList<>();
    for (Opened each : opened) {
      String refusal = look(each, found);
      if (refusal != null) {
        silent.add(each.adapter.device() + ": " + refusal);
      }
    }
    ports = List.copyOf(found);
    failures = List.copyOf(silent);
    lookedAt = System.nanoTime();
  }

  /**
   * Adds the ports of an adapter, which comes into use if it can; returns null, or why it has none.
   */
  private @Nullable String look(Opened of, List<Known> found) {
    String refusal = of.adapter.refusal();
    if (refusal != null) {
      return refusal;
    }
    try {
      List<RdmaPort> its = RdmaSurvey.look(of.adapter.context(), of.distance);
      refusal = RdmaSurvey.best(its, pins) == null ? null : use(of.adapter);
      if (refusal == null) {
        its.forEach(port -> found.add(new Known(of, port)));
      }
      return refusal;
    } catch (VerbsException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** Sees to it that an adapter is in use; returns null, or why it cannot be. */
  private @Nullable String use(RdmaAdapter adapter) {
    if (newcomers == null || used.contains(adapter)) {
      return null;
    }
    try {
      newcomers.welcome(adapter);
    } catch (IOException | RuntimeException e) {
      String why = String.valueOf(e.getMessage());
      LOG.warn("{} has got a usable port, but cannot be used", adapter.device(), e);
      adapter.giveUp(why);
      return why;
    }
    LOG.info("{} has got a usable port", adapter.device());
    used.add(adapter);
    return null;
  }

  /** Those in use, the first of them the one that is meant where none is named. */
  public List<RdmaAdapter> all() {
    return List.copyOf(used);
  }

  /** Whether this thread is in a lane's events, and so holds the lock of all lanes there. */
  public boolean isInUseByCurrentThread() {
    return used.stream().anyMatch(each -> each.hub().lock().isHeldByCurrentThread());
  }

  /** Where memory must be registered for all adapters to reach it, the first adapter's first. */
  public ProtectionDomain[] domains() {
    return used.stream().map(RdmaAdapter::domain).toArray(ProtectionDomain[]::new);
  }

  /** Closes the devices; lanes must be closed before. */
  @Override
  public synchronized void close() {
    closed = true;
    opened.forEach(each -> each.adapter.close());
  }
}
