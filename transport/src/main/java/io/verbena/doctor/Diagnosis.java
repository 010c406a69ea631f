package io.verbena.doctor;

import java.util.List;
import java.util.Optional;

/**
 * All that was found, in the order in which things are mended: the first finding that is a {@link
 * Severity#FAIL} is the thing to do next. Immutable.
 *
 * @param findings one for each check
 * @param choice what Verbena would use of RDMA, or at least try; empty if there is nothing
 * @param tcpInterface the network interface that TCP would take: that of the configuration, or if
 *     it has the choice IP over InfiniBand or that of the default route; empty if there is none
 * @param peer how the peer was reached, if one was asked for
 */
public record Diagnosis(
    List<Finding> findings, Optional<Choice> choice, String tcpInterface, Optional<Peer> peer) {
  /** Keeps a copy of the list. */
  public Diagnosis {
    findings = List.copyOf(findings);
    tcpInterface = Evidence.printable(tcpInterface);
  }

  /**
   * Whether Verbena can use RDMA here; with a {@link #peer}, whether it can with that peer.
   *
   * @return true if there is a {@link #choice} and no finding is a {@link Severity#FAIL}; with a
   *     peer, if RDMA worked in both directions
   */
  public boolean rdmaUsable() {
    if (peer.isPresent()) {
      return peer.get().rdmaWorks();
    }
    return choice.isPresent() && firstFailure().isEmpty();
  }

  /**
   * What to mend first.
   *
   * @return the first finding that is a {@link Severity#FAIL}
   */
  public Optional<Finding> firstFailure() {
    return findings.stream().filter(each -> each.severity() == Severity.FAIL).findFirst();
  }

  /**
   * All of it in one line.
   *
   * @return for example {@code RDMA: no. The adapter 0001:00:02.0 has no driver. Verbena will use
   *     TCP on ib0.}
   */
  public String summary() {
    if (peer.isPresent()) {
      return summary(peer.get());
    }
    if (rdmaUsable()) {
      return "RDMA: yes. Verbena will use " + choice.orElseThrow() + ".";
    }
    String why = firstFailure().map(Finding::message).orElse("No port can be used.");
    Optional<Finding> unreachable =
        findings.stream().filter(RightDeviceCheck::isUnreachable).findFirst();
    if (unreachable.isPresent()) {
      String also = unreachable.get().message();
      return "RDMA: no. " + (why.equals(also) ? why : why + ' ' + also);
    }
    return "RDMA: no. %s Verbena will use TCP%s."
        .formatted(why, tcpInterface.isEmpty() ? "" : " on " + tcpInterface);
  }

  /** Whatever this machine lacks, who waits for a peer wants to know why it does not answer. */
  private String unreached(String said) {
    String words = "Verbena does not reach it.";
    return findings.stream()
        .filter(each -> each.check().startsWith("peer-") && each.severity() == Severity.FAIL)
        .map(Finding::message)
        .filter(each -> !each.equals(said))
        .findFirst()
        .map(each -> words + ' ' + each)
        .orElse(words);
  }

  private String summary(Peer peer) {
    if (peer.rdmaWorks()) {
      return "RDMA to %s: yes. Verbena uses %s.".formatted(peer.address(), peer.link());
    }
    String why = firstFailure().map(Finding::message).orElse("It was not proven.");
    return "RDMA to %s: no. %s %s"
        .formatted(
            peer.address(),
            why,
            peer.link().isEmpty() ? unreached(why) : "Verbena uses %s.".formatted(peer.link()));
  }
}
