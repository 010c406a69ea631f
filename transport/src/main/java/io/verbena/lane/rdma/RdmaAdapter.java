package io.verbena.lane.rdma;

import io.verbena.verbs.CompletionChannel;
import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import io.verbena.verbs.GidEntry;
import io.verbena.verbs.GidType;
import io.verbena.verbs.LinkLayer;
import io.verbena.verbs.PortAttributes;
import io.verbena.verbs.PortState;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The port of an RDMA device that a transport uses, opened, with its protection domain.
 * Thread-safe.
 */
public final class RdmaAdapter implements AutoCloseable {
  private record Candidate(Context context, PortAttributes port, List<GidEntry> gids) {
    boolean isInfiniBand() {
      return port.linkLayer() != LinkLayer.ETHERNET;
    }
  }

  private final Context context;
  private final PortAttributes port;
  private final List<GidEntry> gids;
  private final ProtectionDomain domain;
  private final CompletionChannel channel;

  private RdmaAdapter(Candidate chosen) throws VerbsException {
    this.context = chosen.context;
    this.port = chosen.port;
    this.gids = chosen.gids;
    this.domain = context.createDomain();
    this.channel = context.createCompletionChannel();
  }

  /**
   * Opens the best usable port: InfiniBand before RoCE v2, then the fastest.
   *
   * @param wanted the device to use, or empty for any
   * @throws IOException if there is none; its message is the reason, as a clause
   */
  public static RdmaAdapter open(Optional<String> wanted) throws IOException {
    List<Device> devices = wanted.isPresent() ? List.of(Device.named(wanted.get())) : Device.list();
    if (devices.isEmpty()) {
      throw new IOException("this machine has no RDMA device");
    }
    List<Candidate> usable = new ArrayList<>();
    List<String> reasons = new ArrayList<>();
    for (Device device : devices) {
      try {
        inspect(device, usable, reasons);
      } catch (VerbsException e) {
        reasons.add(device.name() + ": " + e.getMessage());
      }
    }
    Candidate best =
        usable.stream()
            .max(
                Comparator.comparing(Candidate::isInfiniBand)
                    .thenComparingInt(candidate -> candidate.port.megabitsPerSecond()))
            .orElse(null);
    usable.stream()
        .map(Candidate::context)
        .distinct()
        .filter(context -> best == null || context != best.context)
        .forEach(Context::close);
    if (best == null) {
      throw new IOException(String.join("; ", reasons));
    }
    try {
      return new RdmaAdapter(best);
    } catch (VerbsException e) {
      best.context.close();
      throw e;
    }
  }

  private static void inspect(Device device, List<Candidate> usable, List<String> reasons)
      throws VerbsException {
    Context context = device.open();
    boolean used = false;
    try {
      for (int number = 1; number <= context.portCount(); number++) {
        PortAttributes port = context.port(number);
        List<GidEntry> gids = context.gids(number);
        String problem = problem(port, gids);
        if (problem == null) {
          usable.add(new Candidate(context, port, gids));
          used = true;
        } else {
          reasons.add("%s port %d %s".formatted(device.name(), number, problem));
        }
      }
    } finally {
      if (!used) {
        context.close();
      }
    }
  }

  private static @Nullable String problem(PortAttributes port, List<GidEntry> gids) {
    if (port.state() != PortState.ACTIVE) {
      return port.state() == PortState.INIT
          ? "is INIT: no subnet manager has configured it"
          : "is " + port.state();
    }
    if (port.linkLayer() == LinkLayer.ETHERNET
        && gids.stream().noneMatch(gid -> gid.type() == GidType.ROCE_V2)) {
      return "has no RoCE v2 address";
    }
    return null;
  }

  /** The device's name. */
  public String device() {
    return context.device().name();
  }

  /** The port's number, from 1. */
  public int port() {
    return port.number();
  }

  /** Where this adapter's memory is registered. */
  public ProtectionDomain domain() {
    return domain;
  }

  /** Where the completion queues of all lanes announce what they have. */
  public CompletionChannel channel() {
    return channel;
  }

  /** Longest message of one work request, in bytes. */
  long maxMessageBytes() {
    return port.maxMessageBytes();
  }

  Context context() {
    return context;
  }

  /** First partition key of the port: what both sides' queue pairs use. */
  int partitionKey() throws VerbsException {
    return context.pkey(port.number(), 0);
  }

  /**
   * The GID for a connection whose TCP side has a local address: the RoCE v2 GID of that address,
   * or else of any address, link-local ones last.
   */
  int gidIndex(InetAddress local) {
    if (port.linkLayer() != LinkLayer.ETHERNET) {
      return 0;
    }
    return gids.stream()
        .filter(entry -> entry.type() == GidType.ROCE_V2)
        .max(
            Comparator.comparing((GidEntry entry) -> entry.gid().inetAddress().equals(local))
                .thenComparing(entry -> entry.gid().isIpv4Mapped())
                .thenComparing(entry -> !entry.gid().isLinkLocal()))
        .map(GidEntry::index)
        .orElse(0);
  }

  /** Closes the device; lanes must be closed before. */
  @Override
  public void close() {
    context.close();
  }
}
