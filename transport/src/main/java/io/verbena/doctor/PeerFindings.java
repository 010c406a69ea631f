package io.verbena.doctor;

import io.verbena.Link;
import io.verbena.LinkReport;
import io.verbena.TransportException;
import io.verbena.cause.Cause;
import io.verbena.lane.rdma.RdmaCandidate;
import io.verbena.lane.rdma.RdmaPair;
import io.verbena.verbs.GidType;
import io.verbena.verbs.VerbsException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The looks at a peer, in their order, and what is made of what both sides say. */
enum PeerFindings {
  TCP("peer-tcp", "Peer: TCP"),
  HANDSHAKE("peer-handshake", "Peer: handshake"),
  MESSAGE("peer-message", "Peer: message"),
  WRITE("peer-write", "Peer: RDMA write"),
  CONNECTION_MANAGER("peer-rdma-cm", "Peer: rdma_cm"),
  PARTITIONS("peer-partition-keys", "Peer: partition keys");

  private static final String OWN = "this side";
  private static final String PEER = "the peer";
  private static final double NANOS = 1e6;

  private final String check;
  private final String title;

  PeerFindings(String check, String title) {
    this.check = check;
    this.title = title;
  }

  Notes notes() {
    return new Notes(check, title);
  }

  /** What came of the handshake; the sides tell what they have. */
  static Finding handshake(LinkReport report, String time, PeerSide own, @Nullable PeerSide peer) {
    Notes notes = HANDSHAKE.notes();
    notes.saw("time", time);
    notes.saw("link", report);
    own.tell(OWN, notes);
    if (peer != null) {
      peer.tell(PEER, notes);
    }
    if (report.link() instanceof Link.Tcp tcp) {
      return overTcp(tcp, notes, own, peer);
    }
    return notes.ok("Both sides chose %s, proven by a message, in %s.".formatted(report, time));
  }

  private static Finding overTcp(Link.Tcp tcp, Notes notes, PeerSide own, @Nullable PeerSide peer) {
    if (peer == null) {
      return notes.fail(
          "The link is TCP, not RDMA: %s.".formatted(part(tcp.why())),
          "Run ./verbena doctor on both sides, and mend what each says first.");
    }
    if (!own.hasRdma() && !peer.hasRdma()) {
      return notes.fail(
          "Neither side has RDMA. This side: %s. The peer: %s."
              .formatted(part(own.noRdma()), part(peer.noRdma())),
          "Run ./verbena doctor on both sides, and mend what each says first.");
    }
    if (!own.hasRdma()) {
      return notes.fail(
          "This side has no RDMA: %s. The peer has.".formatted(part(own.noRdma())),
          "Mend what is said of this machine above.");
    }
    if (!peer.hasRdma()) {
      return notes.fail(
          "The peer has no RDMA: %s. This side has.".formatted(part(peer.noRdma())),
          "Run ./verbena doctor on the peer, and mend what it says first.");
    }
    notes.saw("reason", tcp.why());
    RdmaPair pair = RdmaPair.best(own.candidates(), peer.candidates());
    if (pair != null && tcp.why().contains(Cause.CUT_OFF)) {
      RdmaCandidate ours = own.candidates().get(pair.client());
      Cause cause = ours.type() == GidType.INFINIBAND ? Cause.SUBNET : Cause.ROCE_FILTERED;
      return notes.fail(
          "Both sides have RDMA, but %s between %s here and %s there."
              .formatted(
                  cause.meaning(), ours.place(), peer.candidates().get(pair.server()).place()),
          sentence(cause.cure()));
    }
    return notes.fail(
        "Both sides have RDMA, but it does not work between them: %s.".formatted(tcp.why()),
        pair == null ? apart(own, peer) : broken(tcp));
  }

  /** What helps where the ports fit, and one of the sides did not get as far as to try. */
  private static String broken(Link.Tcp tcp) {
    return tcp.why().startsWith("the peer says: ")
        ? "Mend on the peer what the reason names: run ./verbena doctor there."
        : "Mend on this machine what the reason names: run ./verbena doctor without --peer.";
  }

  /** What helps two sides that both have RDMA, and no ports that fit. */
  private static String apart(PeerSide own, PeerSide peer) {
    GidType shared = sharedType(own, peer);
    if (shared == null) {
      return "Give both sides adapters and addresses of one kind: InfiniBand or RoCE v2.";
    }
    return sharedKeys(own, peer, shared) == null
        ? sentence(Cause.PARTITION.cure())
        : "Give the ports of both sides addresses of one kind and one subnet.";
  }

  /** Whether the sides are in one partition. */
  static Finding partitions(PeerSide own, PeerSide peer, boolean isRdma) {
    Notes notes = PARTITIONS.notes();
    if (!own.hasRdma() || !peer.hasRdma()) {
      return notes.notApplicable(
          own.hasRdma()
              ? "The peer has no port that can be used."
              : peer.hasRdma()
                  ? "This side has no port that can be used."
                  : "Neither side has a port that can be used.");
    }
    own.candidates().forEach(each -> tell(OWN, each, notes));
    peer.candidates().forEach(each -> tell(PEER, each, notes));
    GidType type = sharedType(own, peer);
    if (type == null) {
      return notes.notApplicable("The ports of the two sides speak different protocols.");
    }
    int[] shared = sharedKeys(own, peer, type);
    if (shared == null) {
      // What works took another way.
      return notes.finding(
          isRdma ? Severity.WARN : Severity.FAIL,
          "The sides have no partition in common: this side has %s, the peer %s."
              .formatted(PeerSide.keys(keys(own, type)), PeerSide.keys(keys(peer, type))),
          sentence(Cause.PARTITION.cure()));
    }
    return notes.ok(
        shared[0] == shared[1]
            ? "Both sides are in the partition 0x%04x.".formatted(shared[0])
            : "Both sides are in one partition: this side by 0x%04x, the peer by 0x%04x."
                .formatted(shared[0], shared[1]));
  }

  private static void tell(String who, RdmaCandidate each, Notes notes) {
    notes.saw(who + ", " + each.place(), PeerSide.keys(each.pkeys()));
  }

  /** What both speak, InfiniBand first. */
  private static @Nullable GidType sharedType(PeerSide own, PeerSide peer) {
    for (GidType type : List.of(GidType.INFINIBAND, GidType.ROCE_V2, GidType.ROCE_V1)) {
      if (!keys(own, type).isEmpty() && !keys(peer, type).isEmpty()) {
        return type;
      }
    }
    return null;
  }

  private static int @Nullable [] sharedKeys(PeerSide own, PeerSide peer, GidType type) {
    return RdmaPair.sharedPkeys(keys(own, type), keys(peer, type));
  }

  private static List<Integer> keys(PeerSide side, GidType type) {
    return side.candidates().stream()
        .filter(each -> each.type() == type)
        .flatMap(each -> each.pkeys().stream())
        .distinct()
        .toList();
  }

  /** What is not tried, since something before it failed. */
  static List<Finding> notTried(PeerFindings first, String why) {
    List<Finding> rest = new ArrayList<>();
    for (PeerFindings each : values()) {
      if (each.compareTo(first) >= 0) {
        rest.add(each.notes().notApplicable("Not tried, since " + why + '.'));
      }
    }
    return rest;
  }

  /** A clause as a sentence. */
  static String sentence(String clause) {
    return clause.isEmpty()
        ? clause
        : clause.substring(0, 1).toUpperCase(Locale.ROOT)
            + clause.substring(1)
            + (clause.endsWith(".") ? "" : ".");
  }

  /**
   * What helps against a failure between two doctors that have found each other.
   *
   * @param otherwise if it is none of those that have a cure of their own
   */
  static String cure(Exception failure, String otherwise) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof VerbsException refused && !refused.cure().isEmpty()) {
        return sentence(refused.cure());
      }
    }
    if (!(failure instanceof TransportException failed)) {
      return otherwise;
    }
    return switch (failed.kind()) {
      case PEER_CLOSED, PEER_LOST ->
          "The peer's doctor has ended: start ./verbena doctor --serve there again.";
      case REMOTE_ACCESS -> sentence(Cause.REMOTE_ACCESS.cure());
      case RDMA_UNAVAILABLE, LOCAL_ACCESS, CLOSED ->
          "Mend this machine first: run ./verbena doctor without --peer.";
      case TIMEOUT, NETWORK -> sentence(Cause.UNANSWERED.cure());
      case ADDRESS, HANDSHAKE, PROTOCOL -> otherwise;
    };
  }

  /** What an exception says, to go on within a sentence. */
  static String clause(Exception e) {
    return Optional.ofNullable(e.getMessage()).orElse(e.getClass().getSimpleName());
  }

  /** One of several reasons in a message; the evidence has all of it. */
  private static String part(String reason) {
    int longest = Evidence.LONGEST / 3;
    return reason.length() <= longest ? reason : reason.substring(0, longest) + "...";
  }

  static String time(long nanos) {
    return String.format(Locale.ROOT, "%.2f ms", nanos / NANOS);
  }

  static String text(InetSocketAddress address) {
    String host = address.getHostString();
    return (host.contains(":") ? '[' + host + ']' : host) + ':' + address.getPort();
  }
}
