package io.verbena.doctor;

import io.verbena.Transport;
import io.verbena.cause.Cause;
import io.verbena.lane.rdma.RdmaCandidate;
import io.verbena.lane.rdma.RdmaSurvey;
import java.util.List;
import java.util.Optional;

/**
 * What one of two sides brings along.
 *
 * @param candidates what it can use for RDMA
 * @param declined its other ports, each with the reason
 * @param noRdma why there is no candidate, in the transport's words; else empty
 * @param trouble what its own doctor would mend first, or empty
 * @param cure and how
 */
record PeerSide(
    List<RdmaCandidate> candidates,
    List<String> declined,
    String noRdma,
    String trouble,
    String cure) {
  /** Most of the other ports that are told of. */
  static final int MOST_DECLINED = 8;

  /** Keeps copies, of texts that fit into a message. */
  PeerSide {
    candidates = List.copyOf(candidates);
    declined = declined.stream().limit(MOST_DECLINED).map(Evidence::printable).toList();
    noRdma = Evidence.printable(noRdma);
    trouble = Evidence.printable(trouble);
    cure = Evidence.printable(cure);
  }

  /**
   * What this machine brings along.
   *
   * @param tcp the connection between the sides
   */
  static PeerSide of(
      Host host, Optional<Finding> failure, Transport transport, RdmaSurvey.Beside tcp) {
    RdmaSurvey.Offered offered = host.survey().offer(host.pins(), tcp);
    String trouble = failure.map(Finding::message).orElse("");
    String cure = failure.map(Finding::cure).orElse("");
    Optional<String> unavailable = transport.rdmaUnavailable();
    if (unavailable.isPresent() || offered.candidates().isEmpty()) {
      String why = unavailable.orElseGet(() -> host.survey().whyNone(host.pins()));
      return new PeerSide(
          List.of(), List.of(), why.isBlank() ? Cause.NO_DEVICE.meaning() : why, trouble, cure);
    }
    return new PeerSide(offered.candidates(), offered.declined(), "", trouble, cure);
  }

  boolean hasRdma() {
    return !candidates.isEmpty();
  }

  /** Writes down what it has and what it lacks. */
  void tell(String who, Notes notes) {
    for (RdmaCandidate each : candidates) {
      notes.saw(who + " offers", words(each));
    }
    declined.forEach(each -> notes.saw(who + " does not offer", each));
    if (!noRdma.isEmpty()) {
      notes.saw(who + " has no RDMA", noRdma);
    }
    if (!trouble.isEmpty()) {
      notes.saw(who + ", its doctor", cure.isEmpty() ? trouble : trouble + " -> " + cure);
    }
  }

  private static String words(RdmaCandidate each) {
    return "%s, %s, GID %d %s, %d Mb/s, partition keys %s"
        .formatted(
            each.place(),
            each.protocol(),
            each.gidIndex(),
            each.gid(),
            each.megabitsPerSecond(),
            keys(each.pkeys()));
  }

  static String keys(List<Integer> pkeys) {
    return String.join(", ", pkeys.stream().map("0x%04x"::formatted).toList());
  }
}
