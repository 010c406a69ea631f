package io.verbena;

import io.verbena.TransportException.Kind;
import io.verbena.lane.Lane;
import io.verbena.lane.rdma.RdmaAdapter;
import io.verbena.lane.rdma.RdmaLane;
import io.verbena.lane.rdma.RdmaOffer;
import io.verbena.lane.tcp.Chunks;
import io.verbena.lane.tcp.TcpLane;
import io.verbena.memory.MemoryDomain;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.channels.SocketChannel;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What two sides do on a new TCP connection to agree on a lane. Both do the same, each writing
 * before it reads:
 *
 * <pre>
 *  hello                               both have an offer?    no: TCP
 *  verdict: queue pair is connected    both?                  no: TCP
 *  verdict: the probe got through      both?                  no: TCP
 *  verdict: the outcome is acceptable  both?                  no: the connection ends
 * </pre>
 */
final class Handshake {
  /** DATA frames that a peer may send over RDMA before it gets credit. */
  private static final int WINDOW = 32;

  /** The most credit that a peer gets over TCP, where a frame takes no posted receive. */
  private static final int MAX_TCP_WINDOW = 1024;

  /** One-sided operations that may be under way on an endpoint. */
  private static final int DEPTH = 128;

  /** What a handshake leads to. */
  record Outcome(Lane lane, Link link, Conversation.Limits limits) {}

  private final SocketChannel channel;
  private final HandshakeChannel messages;
  private final TransportConfig config;
  private final @Nullable RdmaAdapter adapter;
  private final MemoryDomain memory;
  private final Chunks chunks;
  private String noRdma;
  private @Nullable RdmaLane rdma;
  private @Nullable RdmaOffer offer;

  /**
   * @param noRdma why {@code adapter} is null
   */
  Handshake(
      SocketChannel channel,
      long deadline,
      TransportConfig config,
      @Nullable RdmaAdapter adapter,
      String noRdma,
      MemoryDomain memory,
      Chunks chunks) {
    this.channel = channel;
    this.messages = new HandshakeChannel(channel, deadline);
    this.config = config;
    this.adapter = adapter;
    this.noRdma = noRdma;
    this.memory = memory;
    this.chunks = chunks;
  }

  /** Runs the client's side, or the server's, whose session is the client's. */
  Outcome run(UUID node, boolean client) throws IOException {
    try {
      Hello peer = client ? greet(node) : answer(node);
      requireVersion(peer);
      if (rdma != null) {
        noRdma = bringUp(rdma, peer);
        if (!noRdma.isEmpty()) {
          rdma.releaseVerbs();
          rdma = null;
        }
      }
      requireAcceptable();
      channel.configureBlocking(false);
      return outcome(peer);
    } catch (IOException | RuntimeException e) {
      if (rdma != null) {
        rdma.releaseVerbs();
      }
      throw e;
    }
  }

  private Hello greet(UUID node) throws IOException {
    createLane();
    messages.write(hello(node, UUID.randomUUID()).encode());
    return messages.readHello();
  }

  /** A stranger costs no queue pair and gets no answer. */
  private Hello answer(UUID node) throws IOException {
    Hello peer = messages.readHello();
    if (peer.offer() != null) {
      createLane();
    } else if (adapter != null) {
      noRdma = "the peer has none: " + peer.noOffer();
    }
    messages.write(hello(node, peer.session()).encode());
    return peer;
  }

  /** Without a lane there is TCP, so whatever stands in the way is only the reason. */
  private void createLane() {
    if (adapter == null) {
      return;
    }
    try {
      rdma = RdmaLane.create(adapter, channel, WINDOW, DEPTH);
      offer = rdma.offer();
    } catch (VerbsException | IllegalStateException | IllegalArgumentException e) {
      if (rdma != null) {
        rdma.releaseVerbs();
        rdma = null;
      }
      noRdma = String.valueOf(e.getMessage());
    }
  }

  private Outcome outcome(Hello peer) throws SocketException {
    var limits =
        new Conversation.Limits(
            rdma == null ? window() : WINDOW,
            rdma == null ? peer.window() : Math.min(WINDOW, peer.window()),
            config.maxMessageBytes(),
            peer.maxMessageBytes(),
            Math.min(DEPTH, peer.depth()),
            0);
    if (rdma != null && adapter != null) {
      return new Outcome(rdma, new Link.Rdma(adapter.device(), adapter.port()), limits);
    }
    return new Outcome(
        new TcpLane(channel, chunks, memory, DEPTH, config.progress() == Progress.THREAD),
        new Link.Tcp(localInterface(), noRdma),
        limits);
  }

  /** As much as the receiver wants to hold, but not less than over RDMA. */
  private int window() {
    int frames = config.receiveBufferBytes() / TcpLane.CREDIT_BYTES;
    return Math.clamp(frames, WINDOW, MAX_TCP_WINDOW);
  }

  private Hello hello(UUID node, UUID session) {
    return new Hello(
        Hello.VERSION,
        Hello.VERSION,
        node,
        session,
        config.maxMessageBytes(),
        window(),
        DEPTH,
        offer,
        noRdma);
  }

  private static void requireVersion(Hello peer) throws TransportException {
    if (peer.lowestVersion() > Hello.VERSION || peer.highestVersion() < Hello.VERSION) {
      throw new TransportException(
          Kind.HANDSHAKE,
          "the peer speaks protocol versions %d to %d, this side %d: use the same release"
              .formatted(peer.lowestVersion(), peer.highestVersion(), Hello.VERSION));
    }
  }

  /** Connects and proves the queue pairs; returns why that is not possible, or an empty text. */
  private String bringUp(RdmaLane rdma, Hello peer) throws IOException {
    RdmaOffer theirs = peer.offer();
    if (theirs == null) {
      return "the peer has none: " + peer.noOffer();
    }
    String problem = "";
    try {
      rdma.connect(theirs);
    } catch (VerbsException | IllegalArgumentException e) {
      problem = "the queue pair could not be connected: " + e.getMessage();
    }
    String objection = exchange(problem);
    if (!objection.isEmpty()) {
      return objection;
    }
    long probeDeadline = System.nanoTime() + config.probeTimeout().toNanos();
    problem = rdma.probe(Math.min(probeDeadline, messages.deadline()));
    return exchange(problem == null ? "" : problem);
  }

  /** Both sides' objections to a step: ours, or else the peer's, or an empty text. */
  private String exchange(String problem) throws IOException {
    messages.writeVerdict(problem);
    String objection = messages.readVerdict();
    if (!problem.isEmpty()) {
      return problem;
    }
    return objection.isEmpty() ? "" : "the peer says: " + objection;
  }

  private void requireAcceptable() throws IOException {
    boolean refused = rdma == null && config.rdma() == RdmaMode.REQUIRED;
    messages.writeVerdict(refused ? "it requires RDMA, which it cannot use: " + noRdma : "");
    String objection = messages.readVerdict();
    if (refused) {
      throw new TransportException(
          Kind.RDMA_UNAVAILABLE, "RDMA is required and not available: " + noRdma);
    }
    if (!objection.isEmpty()) {
      throw new TransportException(
          Kind.RDMA_UNAVAILABLE, "the peer declined the connection: " + objection);
    }
  }

  private String localInterface() throws SocketException {
    InetAddress local = channel.socket().getLocalAddress();
    NetworkInterface nic = NetworkInterface.getByInetAddress(local);
    if (nic != null) {
      return nic.getName();
    }
    // All of 127.0.0.0/8 is the loopback interface's, which lists only one address of it.
    return local.isLoopbackAddress() ? "lo" : local.getHostAddress();
  }
}
