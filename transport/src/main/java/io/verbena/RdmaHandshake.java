package io.verbena;

import io.verbena.HandshakeChannel.PeerOffer;
import io.verbena.TransportException.Kind;
import io.verbena.cause.Cause;
import io.verbena.lane.rdma.RdmaAdapters;
import io.verbena.lane.rdma.RdmaCandidate;
import io.verbena.lane.rdma.RdmaLane;
import io.verbena.lane.rdma.RdmaOffer;
import io.verbena.lane.rdma.RdmaPair;
import io.verbena.lane.rdma.RdmaPath;
import io.verbena.lane.rdma.RdmaSurvey;
import io.verbena.verbs.GidType;
import io.verbena.verbs.LinkLayer;
import io.verbena.verbs.QueuePairAddress;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The part of a handshake that leads from two lists of candidates to a proven lane, or to the
 * reason why there is none.
 *
 * <pre>
 *  client: choice                    one that fits?         no: TCP
 *  both: offer, or why there is none both have a queue pair? no: TCP
 *  verdict: queue pair is connected  both?                  no: TCP
 *  verdict: the probe got through    both?                  no: TCP
 * </pre>
 */
final class RdmaHandshake {
  private final SocketChannel channel;
  private final HandshakeChannel messages;
  private final RdmaAdapters adapters;
  private final RdmaSurvey.Offered own;
  private final boolean client;
  private final int window;
  private final int depth;
  private String problem = "";
  private @Nullable RdmaPair pair;
  private @Nullable RdmaLane lane;
  private @Nullable RdmaPath path;

  RdmaHandshake(
      SocketChannel channel,
      HandshakeChannel messages,
      RdmaAdapters adapters,
      RdmaSurvey.Offered own,
      boolean client,
      int window,
      int depth) {
    this.channel = channel;
    this.messages = messages;
    this.adapters = adapters;
    this.own = own;
    this.client = client;
    this.window = window;
    this.depth = depth;
  }

  /** Why there is no lane, or an empty text. */
  String problem() {
    return problem;
  }

  /** The lane, where it starts, and what to say about it; only if there is no problem. */
  @Nullable RdmaLane lane() {
    return lane;
  }

  @Nullable RdmaPath path() {
    return path;
  }

  /** Frees the queue pair, if there is one. */
  void release() {
    if (lane != null) {
      lane.releaseVerbs();
      lane = null;
    }
  }

  /** Goes as far as it gets; {@link #problem} says whether there is a lane. */
  void run(List<RdmaCandidate> peers, long probeNanos) throws IOException {
    problem = bringUp(peers, probeNanos);
    if (!problem.isEmpty()) {
      release();
    }
  }

  private String bringUp(List<RdmaCandidate> peers, long probeNanos) throws IOException {
    RdmaPair chosen = client ? choose(peers) : readChoice(peers);
    if (chosen == null) {
      return problem;
    }
    pair = chosen;
    RdmaOffer mine = create(ours(chosen), client ? chosen.clientPkey() : chosen.serverPkey());
    messages.writeOffer(mine, problem);
    PeerOffer theirs = messages.readOffer();
    if (mine == null) {
      return problem;
    }
    if (theirs.offer() == null) {
      return "the peer says: " + theirs.problem();
    }
    String objection =
        exchange(
            isAsChosen(theirs.offer(), theirs(chosen, peers), chosen)
                ? connect(theirs.offer())
                : "the offer is not of the port and address that were chosen");
    return objection.isEmpty() ? exchange(probe(probeNanos)) : objection;
  }

  private @Nullable RdmaPair choose(List<RdmaCandidate> peers) throws IOException {
    RdmaPair best = RdmaPair.best(own.candidates(), peers);
    if (best == null) {
      problem = RdmaPair.whyNone(own.candidates(), peers);
    }
    messages.writeChoice(new RdmaChoice(best, problem));
    return best;
  }

  private @Nullable RdmaPair readChoice(List<RdmaCandidate> peers) throws IOException {
    RdmaChoice choice = messages.readChoice();
    if (choice.pair() == null) {
      problem = "the peer says: " + choice.reason();
    } else if (!choice.pair().fits(peers, own.candidates())) {
      throw new TransportException(
          Kind.HANDSHAKE, "the peer chose ports that do not fit together: " + choice.pair());
    }
    return choice.pair();
  }

  private RdmaCandidate ours(RdmaPair chosen) {
    return own.candidates().get(client ? chosen.client() : chosen.server());
  }

  private RdmaCandidate theirs(RdmaPair chosen, List<RdmaCandidate> peers) {
    return peers.get(client ? chosen.server() : chosen.client());
  }

  /** Without a lane there is TCP, so whatever stands in the way is only the reason. */
  private @Nullable RdmaOffer create(RdmaCandidate candidate, int pkey) {
    try {
      path = adapters.path(candidate, pkey);
      path.adapter().requireBuffers();
      lane = RdmaLane.create(path, channel, window, depth);
      return lane.offer();
    } catch (IOException | IllegalStateException | IllegalArgumentException e) {
      problem = "no queue pair on " + candidate.place() + ": " + e.getMessage();
      return null;
    }
  }

  /** An offer says no more than the choice, but for the numbers of the queue pair. */
  private boolean isAsChosen(RdmaOffer offer, RdmaCandidate chosen, RdmaPair pair) {
    QueuePairAddress address = offer.address();
    return address.port() == chosen.port()
        && address.gidIndex() == chosen.gidIndex()
        && address.lid() == chosen.lid()
        && address.gid().equals(chosen.gid())
        && (address.linkLayer() == LinkLayer.ETHERNET) == (chosen.type() != GidType.INFINIBAND)
        && offer.partitionKey() == (client ? pair.serverPkey() : pair.clientPkey());
  }

  private String connect(RdmaOffer theirs) {
    try {
      if (lane != null) {
        lane.connect(theirs);
      }
      return "";
    } catch (VerbsException | IllegalArgumentException e) {
      return "the queue pair could not be connected: " + e.getMessage();
    }
  }

  /** TCP needs time after a probe that fails: it takes at most half of what is left. */
  private String probe(long nanos) {
    long now = System.nanoTime();
    long left = (messages.deadline() - now) / 2;
    String failure = lane == null ? null : lane.probe(now + Math.min(nanos, left));
    return failure == null ? "" : "%s: %s".formatted(failure, likelyCause());
  }

  private String likelyCause() {
    if (path == null || pair == null) {
      return "";
    }
    RdmaCandidate mine = ours(pair);
    return "is %s %s, %s?"
        .formatted(
            mine.place(),
            Cause.CUT_OFF,
            mine.type() == GidType.INFINIBAND
                ? "by the partition 0x%04x or the subnet's routes".formatted(path.pkey())
                : "by a firewall on UDP port 4791, no route from %s, or a network without RoCE as Azure's is"
                    .formatted(mine.gid()));
  }

  /** Both sides' objections to a step: ours, or else the peer's, or an empty text. */
  private String exchange(String objection) throws IOException {
    messages.writeVerdict(objection);
    String peers = messages.readVerdict();
    if (!objection.isEmpty()) {
      return objection;
    }
    return peers.isEmpty() ? "" : "the peer says: " + peers;
  }

  /** What is chosen, and why nothing else. */
  LinkReport report(Link link, List<RdmaCandidate> peers) {
    if (pair == null || path == null) {
      return new LinkReport(link, "", List.of());
    }
    RdmaCandidate mine = ours(pair);
    RdmaCandidate other = theirs(pair, peers);
    return new LinkReport(
        link,
        "%s, GID %d %s, partition 0x%04x, MTU %d, %d Mb/s, to %s %s"
            .formatted(
                mine.protocol(),
                mine.gidIndex(),
                mine.gid(),
                path.pkey(),
                Math.min(mine.mtuBytes(), other.mtuBytes()),
                Math.min(mine.megabitsPerSecond(), other.megabitsPerSecond()),
                other.place(),
                other.type() == GidType.INFINIBAND ? "LID " + other.lid() : other.gid()),
        passedOver(peers));
  }

  /** This side's ports that were not tried, each with the reason. */
  List<String> passedOver(List<RdmaCandidate> peers) {
    List<String> all = new ArrayList<>(own.declined());
    if (pair != null) {
      all.addAll(
          pair.passedOver(
              client ? own.candidates() : peers, client ? peers : own.candidates(), client));
    }
    return all;
  }
}
