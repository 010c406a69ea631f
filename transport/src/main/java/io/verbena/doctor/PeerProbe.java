package io.verbena.doctor;

import io.verbena.Endpoint;
import io.verbena.Link;
import io.verbena.LinkReport;
import io.verbena.Transport;
import io.verbena.TransportConfig;
import io.verbena.TransportException;
import io.verbena.cause.Cause;
import io.verbena.lane.rdma.RdmaSurvey;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Goes to a {@link DoctorServer} the way that a program goes to its peer, and says how far that
 * went. All of it ends within {@link Patience#all} and what closing takes.
 */
final class PeerProbe {
  /**
   * How long it waits.
   *
   * @param all for all together
   * @param tcp for a plain connection
   * @param handshake for that of the transport
   * @param answer for what the peer says first
   * @param step for a write, and for what the peer says of it
   */
  record Patience(Duration all, Duration tcp, Duration handshake, Duration answer, Duration step) {
    static final Patience USUAL =
        new Patience(
            Duration.ofSeconds(14),
            Duration.ofSeconds(3),
            Duration.ofSeconds(7),
            Duration.ofSeconds(8),
            Duration.ofSeconds(3));
  }

  private static final String OTHER_INTERFACE =
      "Name a network interface that leads to the peer in TransportConfig.withNetworkInterface, or"
          + " none.";

  private static final String NO_DOCTOR =
      "Run ./verbena doctor --serve on the peer, of the same release, and give the port that it"
          + " names.";

  private static final String LOST =
      "Look at what the kernels of both sides say of their adapters (dmesg): bytes are missing"
          + " although their arrival was acknowledged.";

  private final InetSocketAddress address;
  private final Host host;
  private final Optional<Finding> failure;
  private final Patience patience;
  private final long end;
  private final List<Finding> findings = new ArrayList<>();
  private boolean isRdma;

  /** The peer has sent an echo, as no other program does. */
  private boolean isDoctor;

  private String link = "";

  /**
   * @param address of the peer
   * @param host this machine
   * @param failure what is to be mended first on it
   */
  PeerProbe(InetSocketAddress address, Host host, Optional<Finding> failure, Patience patience) {
    this.address = address;
    this.host = host;
    this.failure = failure;
    this.patience = patience;
    this.end = System.nanoTime() + patience.all.toNanos();
  }

  /** What {@link #run} has found. */
  List<Finding> findings() {
    return findings;
  }

  Peer run() {
    if (!host.options().isMachine()) {
      notTried(PeerFindings.TCP, "only files are looked at, those under " + host.options().root());
      return new Peer(PeerFindings.text(address), false, "");
    }
    Finding tcp = new TcpReach(address).look(left(patience.tcp));
    findings.add(tcp);
    if (tcp.severity() == Severity.OK) {
      connect();
    } else {
      notTried(PeerFindings.HANDSHAKE, "there is no TCP connection");
    }
    boolean works = isRdma && findings.stream().noneMatch(each -> each.severity() == Severity.FAIL);
    return new Peer(PeerFindings.text(address), works, link);
  }

  private void connect() {
    TransportConfig config =
        DoctorServer.config(host.options().config()).withConnectTimeout(left(patience.handshake));
    try (Transport transport = Transport.open(config)) {
      long start = System.nanoTime();
      try (Endpoint endpoint = transport.connect(address)) {
        String time = PeerFindings.time(System.nanoTime() - start);
        RdmaSurvey.Beside tcp = host.beside(endpoint.localAddress().getAddress());
        PeerSide own = PeerSide.of(host, failure, transport, tcp);
        isRdma = endpoint.link() instanceof Link.Rdma;
        link =
            switch (endpoint.link()) {
              case Link.Rdma _ -> endpoint.linkReport().toString();
              case Link.Tcp link -> "TCP on " + link.nic();
            };
        converse(transport, endpoint, own, time);
      }
    } catch (IOException e) {
      if (link.isEmpty()) {
        Notes notes = PeerFindings.HANDSHAKE.notes();
        notes.saw("Transport.connect", PeerFindings.clause(e));
        boolean pinned = host.options().config().networkInterface().isPresent();
        String otherwise = pinned && !isHandshake(e) ? OTHER_INTERFACE : NO_DOCTOR;
        findings.add(notes.fail(noHandshake(e), PeerFindings.cure(e, otherwise)));
        notTried(PeerFindings.MESSAGE, "the handshake failed");
      }
    }
  }

  private static boolean isHandshake(IOException e) {
    return e instanceof TransportException failed
        && failed.kind() == TransportException.Kind.HANDSHAKE;
  }

  private String noHandshake(IOException e) {
    String what = PeerFindings.clause(e).replaceFirst("^cannot connect to [^ ]+: ", "");
    return isHandshake(e)
        ? "%s takes TCP connections, but is no doctor: %s"
            .formatted(PeerFindings.text(address), what)
        : "The handshake with %s failed: %s".formatted(PeerFindings.text(address), what);
  }

  private void converse(Transport transport, Endpoint endpoint, PeerSide own, String time) {
    LinkReport report = endpoint.linkReport();
    PeerWire.Answer answer;
    Finding message;
    Finding write;
    try (RegisteredMemory inbox = transport.allocate(WriteProof.BYTES);
        RegisteredMemory outbox = transport.allocate(WriteProof.BYTES)) {
      var wire = new PeerWire(endpoint, transport.allocator());
      long seed = new SecureRandom().nextLong();
      wire.greet(new PeerWire.Greeting(seed, endpoint.grant(inbox, RemoteAccess.WRITE)));
      long nanos = roundTrip(wire);
      answer = wire.readAnswer(left(patience.answer));
      message =
          PeerFindings.MESSAGE
              .notes()
              .saw("round trip, fastest of " + PeerWire.ECHOES, PeerFindings.time(nanos))
              .ok(
                  "A message goes there and back in %s, over %s."
                      .formatted(PeerFindings.time(nanos), means()));
      write = write(endpoint, wire, seed, answer, inbox, outbox);
    } catch (IOException e) {
      findings.add(PeerFindings.handshake(report, time, own, null));
      findings.add(
          PeerFindings.MESSAGE
              .notes()
              .saw("Endpoint.receive", PeerFindings.clause(e))
              .fail(
                  "No message went there and back: %s.".formatted(PeerFindings.clause(e)),
                  isDoctor ? PeerFindings.cure(e, NO_DOCTOR) : cureOfStranger(e)));
      notTried(PeerFindings.WRITE, "messages fail");
      return;
    }
    findings.add(PeerFindings.handshake(report, time, own, answer.side()));
    findings.add(message);
    findings.add(write);
    findings.add(
        new CmReach(own, answer).look(endpoint.remoteAddress().getAddress(), left(patience.all)));
    findings.add(PeerFindings.partitions(own, answer.side(), isRdma));
  }

  /** The link has been proven: who is silent on it, or goes, is another program. */
  private static String cureOfStranger(IOException e) {
    boolean hasNothingToSay =
        e instanceof TransportException failed
            && (failed.kind() == TransportException.Kind.TIMEOUT
                || failed.kind() == TransportException.Kind.PEER_CLOSED);
    return hasNothingToSay ? NO_DOCTOR : PeerFindings.cure(e, NO_DOCTOR);
  }

  private long roundTrip(PeerWire wire) throws IOException {
    long best = Long.MAX_VALUE;
    for (int i = 0; i < PeerWire.ECHOES; i++) {
      long start = System.nanoTime();
      wire.echo();
      wire.readEcho(left(patience.answer));
      isDoctor = true;
      best = Math.min(best, System.nanoTime() - start);
    }
    return best;
  }

  private Finding write(
      Endpoint endpoint,
      PeerWire wire,
      long seed,
      PeerWire.Answer answer,
      RegisteredMemory inbox,
      RegisteredMemory outbox) {
    Notes notes = PeerFindings.WRITE.notes();
    String step = "this side's write";
    try {
      WriteProof.fill(outbox.segment(), seed);
      long start = System.nanoTime();
      endpoint.write(outbox, 0, answer.memory(), 0, WriteProof.BYTES).await(left(patience.step));
      notes.saw(step, PeerFindings.time(System.nanoTime() - start));
      step = "the peer's answer";
      wire.sayWritten();
      PeerWire.Verdict verdict = wire.readVerdict(left(patience.step));
      return judged(verdict, WriteProof.check(inbox.segment(), ~seed), notes);
    } catch (IOException e) {
      notes.saw(step, '(' + PeerFindings.clause(e) + ')');
      return notes.fail(
          "Writing over %s failed: %s: %s.".formatted(means(), step, PeerFindings.clause(e)),
          PeerFindings.cure(e, NO_DOCTOR));
    }
  }

  private Finding judged(PeerWire.Verdict verdict, String received, Notes notes) {
    notes.saw("there", verdict.arrived().isEmpty() ? "whole" : '(' + verdict.arrived() + ')');
    notes.saw(
        "the peer's write",
        verdict.written().isEmpty()
            ? PeerFindings.time(verdict.nanos())
            : '(' + verdict.written() + ')');
    String problem = "";
    String cure = LOST;
    if (!verdict.arrived().isEmpty()) {
      problem = "what this side wrote is not there: " + verdict.arrived();
    } else if (!verdict.written().isEmpty()) {
      problem = "the peer's write failed: " + verdict.written();
      cure = PeerFindings.sentence(Cause.UNANSWERED.cure());
    } else {
      notes.saw("here", received.isEmpty() ? "whole" : '(' + received + ')');
      problem = received.isEmpty() ? "" : "what the peer wrote is not here: " + received;
    }
    if (!problem.isEmpty()) {
      return notes.fail("Writing over %s failed: %s.".formatted(means(), problem), cure);
    }
    return isRdma
        ? notes.ok(
            "%d bytes were written by RDMA in each direction, and all arrived."
                .formatted(WriteProof.BYTES))
        : notes.notApplicable(
            ("Not by RDMA, since the link is TCP: served over TCP, %d bytes were written in each"
                    + " direction, and all arrived.")
                .formatted(WriteProof.BYTES));
  }

  private String means() {
    return isRdma ? "RDMA" : "TCP";
  }

  private void notTried(PeerFindings first, String why) {
    findings.addAll(PeerFindings.notTried(first, why));
  }

  private Duration left(Duration most) {
    long nanos = Math.min(most.toNanos(), end - System.nanoTime());
    return Duration.ofNanos(Math.max(TimeUnit.MILLISECONDS.toNanos(1), nanos));
  }
}
