package io.verbena.doctor;

import io.verbena.rdmacm.Connection;
import io.verbena.rdmacm.ConnectionException;
import io.verbena.rdmacm.ConnectionManager;
import io.verbena.rdmacm.ConnectionParameters;
import io.verbena.rdmacm.Route;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;

/** Whether rdma_cm connects to a peer: the transport does without, programs of others do not. */
final class CmReach {
  private final PeerSide own;
  private final PeerWire.Answer answer;
  private final Notes notes = PeerFindings.CONNECTION_MANAGER.notes();

  CmReach(PeerSide own, PeerWire.Answer answer) {
    this.own = own;
    this.answer = answer;
  }

  Finding look(InetAddress peer, Duration patience) {
    if (answer.port() == 0) {
      notes.saw("the peer's rdma_cm", '(' + answer.noManager() + ')');
      return finding(
          "The peer has no rdma_cm: %s.".formatted(answer.noManager()),
          "Run ./verbena doctor on the peer, and mend what it says of modules and libraries.",
          answer.side().hasRdma());
    }
    var address = new InetSocketAddress(peer, answer.port());
    notes.saw("address", peer.getHostAddress() + ", rdma_cm port " + answer.port());
    long end = System.nanoTime() + patience.toNanos();
    long start = System.nanoTime();
    try (ConnectionManager manager = ConnectionManager.open();
        Route route = manager.resolve(address, patience)) {
      String place = route.device().name() + ':' + route.port();
      notes.saw("route", place + " after " + PeerFindings.time(System.nanoTime() - start));
      try (ProtectionDomain domain = route.context().createDomain();
          CompletionQueue queue = route.context().createCompletionQueue(CmService.COMPLETIONS);
          QueuePair pair = CmService.pair(domain, queue);
          Connection _ = route.connect(pair, ConnectionParameters.defaults(), left(end))) {
        return notes.ok(
            "rdma_cm connects to %s through %s in %s."
                .formatted(
                    peer.getHostAddress(), place, PeerFindings.time(System.nanoTime() - start)));
      }
    } catch (ConnectionException e) {
      notes.saw("rdma_cm", PeerFindings.clause(e));
      return finding(words(e), cure(e), own.hasRdma() && answer.side().hasRdma());
    } catch (IOException | IllegalStateException | IllegalArgumentException e) {
      notes.saw("rdma_cm", PeerFindings.clause(e));
      return notes.warn(
          "rdma_cm does not connect: " + PeerFindings.clause(e) + '.',
          PeerFindings.cure(e, "Mend what is said above first."));
    }
  }

  private static Duration left(long end) {
    return Duration.ofNanos(Math.max(1, end - System.nanoTime()));
  }

  /** Where a side has no RDMA at all, that has been said, and how to mend it. */
  private Finding finding(String message, String cure, boolean isExpected) {
    return isExpected ? notes.warn(message, cure) : notes.notApplicable(message);
  }

  private static String words(ConnectionException e) {
    return switch (e.failure()) {
      case UNAVAILABLE -> "This side has no rdma_cm: %s.".formatted(PeerFindings.clause(e));
      case NO_DEVICE ->
          "rdma_cm does not connect: no RDMA device leads to that address (%s)."
              .formatted(status(e));
      case NO_ADDRESS, NO_ROUTE ->
          "rdma_cm does not connect: it finds no way to that address (%s).".formatted(status(e));
      case NO_LISTENER, REJECTED ->
          "rdma_cm reaches the peer, which rejects the connection (%s).".formatted(status(e));
      case TIMED_OUT, UNREACHABLE, DISCONNECTED ->
          "rdma_cm does not connect: the peer does not answer (%s).".formatted(status(e));
      default -> "rdma_cm does not connect: %s.".formatted(PeerFindings.clause(e));
    };
  }

  private static String status(ConnectionException e) {
    return e.call() + ", status " + e.status();
  }

  private static String cure(ConnectionException e) {
    return e.cure().isEmpty() ? "Mend what is said above first." : PeerFindings.sentence(e.cure());
  }
}
