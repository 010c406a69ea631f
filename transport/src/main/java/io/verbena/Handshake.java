package io.verbena;

import io.verbena.TransportException.Kind;
import io.verbena.lane.Interfaces;
import io.verbena.lane.Lane;
import io.verbena.lane.rdma.RdmaAdapter;
import io.verbena.lane.rdma.RdmaAdapters;
import io.verbena.lane.rdma.RdmaLane;
import io.verbena.lane.rdma.RdmaPath;
import io.verbena.lane.rdma.RdmaSurvey;
import io.verbena.lane.tcp.Chunks;
import io.verbena.lane.tcp.TcpLane;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What two sides do on a new TCP connection to agree on a lane. Both do the same, each writing
 * before it reads; only the server waits for the client's hello:
 *
 * <pre>
 *  hello                               both have candidates?  no: TCP
 *  what {@link RdmaHandshake} does     a lane?                no: TCP
 *  verdict: the outcome is acceptable  both?                  no: the connection ends
 * </pre>
 */
final class Handshake {
  /** The most credit that a peer gets over TCP, where a frame takes no posted receive. */
  private static final int MAX_TCP_WINDOW = 1024;

  /** Of the time that is left: less than half, since some goes by before the probe begins. */
  private static final int PROBE_PERCENT = 40;

  /** One-sided operations that may be under way on an endpoint. */
  private static final int DEPTH = 128;

  /** What a transport that does not care itself says: of two values the larger counts. */
  private static final Duration AS_THE_PEER_WANTS = Duration.ofMillis(1);

  /**
   * How long a server waits for a hello, which clients send at once, or a part of the connect
   * timeout where that is longer: strangers who say nothing take places of those who would.
   */
  private static final Duration HELLO_TIMEOUT = Duration.ofSeconds(2);

  private static final int HELLO_PART = 5;

  /**
   * What a handshake leads to.
   *
   * @param adapter whose lane it is, or null for TCP
   */
  record Outcome(
      Lane lane, @Nullable RdmaAdapter adapter, LinkReport report, Conversation.Limits limits) {}

  private final SocketChannel channel;
  private final HandshakeChannel messages;
  private final TransportConfig config;
  private final @Nullable RdmaAdapters adapters;
  private final TransportMemory memory;
  private final Chunks chunks;
  private final String nic;

  /** The client's, which the server repeats. */
  private final UUID session = UUID.randomUUID();

  private RdmaSurvey.Offered own = new RdmaSurvey.Offered(List.of(), List.of());
  private String noRdma;
  private int probeMillis;
  private @Nullable RdmaHandshake rdma;

  Handshake(
      SocketChannel channel,
      long deadline,
      TransportConfig config,
      TransportMemory memory,
      Chunks chunks)
      throws IOException {
    this.channel = channel;
    this.messages = new HandshakeChannel(channel, deadline);
    this.config = config;
    this.adapters = memory.adapters;
    this.noRdma = memory.noRdma;
    this.memory = memory;
    this.chunks = chunks;
    this.nic = Interfaces.nameOf(channel.socket().getLocalAddress());
  }

  /** Runs the client's side, or the server's, whose session is the client's. */
  Outcome run(UUID node, boolean client) throws IOException {
    boolean done = false;
    try {
      Hello peer = client ? greet(node) : answer(node);
      requireVersion(peer);
      if (client) {
        requireSession(peer);
      }
      RdmaLane lane = bringUp(peer, client);
      requireAcceptable(lane != null, peer);
      channel.configureBlocking(false);
      Outcome outcome = outcome(peer, lane);
      done = true;
      return outcome;
    } finally {
      if (!done && rdma != null) {
        rdma.release();
      }
    }
  }

  private Hello greet(UUID node) throws IOException {
    offer();
    messages.write(hello(node, session).encode());
    return messages.readHello();
  }

  private Hello answer(UUID node) throws IOException {
    long wait = Math.max(HELLO_TIMEOUT.toNanos(), config.connectTimeout().toNanos() / HELLO_PART);
    long now = System.nanoTime();
    Hello peer = messages.readHello(now + Math.min(wait, messages.deadline() - now));
    offer();
    messages.write(hello(node, peer.session()).encode());
    return peer;
  }

  private void offer() {
    if (adapters != null) {
      String preferred = config.networkInterface().orElse(nic);
      own = adapters.offer(channel.socket().getLocalAddress(), preferred);
      noRdma = String.join("; ", own.declined());
    }
  }

  private @Nullable RdmaLane bringUp(Hello peer, boolean client) throws IOException {
    if (adapters == null || own.candidates().isEmpty()) {
      return null;
    }
    if (peer.candidates().isEmpty()) {
      noRdma = "the peer has none: " + peer.noRdma();
      return null;
    }
    rdma =
        new RdmaHandshake(channel, messages, adapters, own, client, config.receiveWindow(), DEPTH);
    rdma.run(
        peer.candidates(), Duration.ofMillis(Math.min(probeMillis, peer.probeMillis())).toNanos());
    noRdma = rdma.problem();
    return rdma.lane();
  }

  /** TCP has to have its chance after a probe that fails, however long the dialling took. */
  private static int probeMillis(TransportConfig config, long deadline) {
    long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
    long most = Math.min(config.probeTimeout().toMillis(), left * PROBE_PERCENT / 100);
    return (int) Math.max(1, most);
  }

  private int keepaliveMillis() {
    if (config.progress() == Progress.CALLER) {
      return 0;
    }
    Duration own = config.keepalive().isZero() ? AS_THE_PEER_WANTS : config.keepalive();
    return (int) Math.max(1, own.toMillis());
  }

  /** A peer that answers only while its program polls says nothing by its silence. */
  private long silenceNanos(Hello peer) {
    if (peer.keepaliveMillis() == 0 || config.keepalive().isZero()) {
      return 0;
    }
    // It has promised to answer within its own time, not within ours.
    long promised = TimeUnit.MILLISECONDS.toNanos(peer.keepaliveMillis());
    return Math.max(config.keepalive().toNanos(), promised);
  }

  private Outcome outcome(Hello peer, @Nullable RdmaLane lane) {
    var limits =
        new Conversation.Limits(
            lane == null ? tcpWindow() : config.receiveWindow(),
            lane == null ? peer.tcpWindow() : peer.rdmaWindow(),
            config.acceptedMessageBytes(),
            peer.maxMessageBytes(),
            Math.min(DEPTH, peer.depth()),
            silenceNanos(peer));
    RdmaPath path = rdma == null ? null : rdma.path();
    if (rdma != null && lane != null && path != null) {
      var link = new Link.Rdma(path.adapter().device(), path.port());
      LinkReport report = rdma.report(link, peer.candidates());
      return new Outcome(lane, path.adapter(), report, limits);
    }
    var report = new LinkReport(new Link.Tcp(nic, noRdma), "", otherPorts(peer));
    boolean byThread = config.progress() == Progress.THREAD;
    return new Outcome(
        new TcpLane(channel, chunks, memory.domain, DEPTH, byThread), null, report, limits);
  }

  /** Those that were not tried, if one was: else the reasons of all are {@link #noRdma}. */
  private List<String> otherPorts(Hello peer) {
    if (own.candidates().isEmpty()) {
      return List.of();
    }
    return rdma == null ? own.declined() : rdma.passedOver(peer.candidates());
  }

  /** As much as the receiver wants to hold, but not less than over RDMA. */
  private int tcpWindow() {
    int frames = config.receiveBufferBytes() / TcpLane.CREDIT_BYTES;
    return Math.clamp(frames, config.receiveWindow(), MAX_TCP_WINDOW);
  }

  private Hello hello(UUID node, UUID ofClient) {
    probeMillis = probeMillis(config, messages.deadline());
    return new Hello(
        Hello.VERSION,
        Hello.VERSION,
        node,
        ofClient,
        config.acceptedMessageBytes(),
        tcpWindow(),
        config.receiveWindow(),
        DEPTH,
        keepaliveMillis(),
        probeMillis,
        own.candidates(),
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

  private void requireSession(Hello peer) throws TransportException {
    if (!peer.session().equals(session)) {
      throw new TransportException(
          Kind.HANDSHAKE,
          "the peer answered the greeting of somebody else (session %s, not %s): what is between it and this side?"
              .formatted(peer.session(), session));
    }
  }

  private void requireAcceptable(boolean isRdma, Hello peer) throws IOException {
    boolean refused = !isRdma && config.rdma() == RdmaMode.REQUIRED;
    messages.writeVerdict(refused ? "it requires RDMA, which it cannot use: " + noRdma : "");
    String objection = messages.readVerdict();
    if (refused) {
      StringBuilder why = new StringBuilder("RDMA is required and not available: ").append(noRdma);
      otherPorts(peer).forEach(each -> why.append("; not ").append(each));
      throw new TransportException(Kind.RDMA_UNAVAILABLE, why.toString());
    }
    if (!objection.isEmpty()) {
      throw new TransportException(
          Kind.RDMA_UNAVAILABLE, "the peer declined the connection: " + objection);
    }
  }
}
