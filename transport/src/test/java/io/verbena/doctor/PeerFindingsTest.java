package io.verbena.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.Link;
import io.verbena.LinkReport;
import io.verbena.lane.rdma.RdmaCandidate;
import io.verbena.verbs.Gid;
import io.verbena.verbs.GidType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the doctor makes of what two sides say, of which one may be a machine we do not have. */
class PeerFindingsTest {
  private static final PeerSide BARE =
      new PeerSide(List.of(), List.of(), "no device here", "no driver", "modprobe it");
  private static final LinkReport TCP =
      new LinkReport(new Link.Tcp("eth0", "the transport's reason"), "", List.of());

  private static PeerSide infiniband(Integer... pkeys) {
    return side(GidType.INFINIBAND, new Gid(0xfe80L << 48, 0x155dfffd33ff2bL), pkeys);
  }

  private static PeerSide side(GidType type, Gid gid, Integer... pkeys) {
    var candidate =
        new RdmaCandidate("mlx5_0", 1, type, 0, gid, 26, 4096, 200_000, 10, false, List.of(pkeys));
    return new PeerSide(List.of(candidate), List.of(), "", "", "");
  }

  private static PeerSide roce() {
    return side(GidType.ROCE_V2, new Gid(0, 0xffff0a000002L), 0xffff);
  }

  private static Finding handshake(PeerSide own, PeerSide peer) {
    Finding finding = PeerFindings.handshake(TCP, "1.00 ms", own, peer);
    assertEquals(Severity.FAIL, finding.severity());
    return finding;
  }

  @Test
  void shouldSayWhichSideLacksRdma() {
    assertEquals(
        "The peer has no RDMA: no device here. This side has.", handshake(roce(), BARE).message());
    assertTrue(handshake(roce(), BARE).cure().contains("on the peer"));
    assertEquals(
        "This side has no RDMA: no device here. The peer has.", handshake(BARE, roce()).message());
    assertEquals(
        "Neither side has RDMA. This side: no device here. The peer: no device here.",
        handshake(BARE, BARE).message());
    assertTrue(
        handshake(roce(), BARE)
            .evidence()
            .contains(new Evidence("the peer, its doctor", "no driver -> modprobe it")));
  }

  @Test
  void shouldNameTheCureForWhatLiesBetween() {
    assertTrue(handshake(roce(), roce()).message().contains("the transport's reason"));
    assertTrue(handshake(roce(), roce()).cure().contains("UDP port 4791"));
    assertTrue(handshake(infiniband(0x8001), infiniband(0x8001)).cure().contains("subnet"));
    assertTrue(handshake(infiniband(0x8001), infiniband(0x8002)).cure().contains("scale set"));
    assertTrue(handshake(infiniband(0x8001), roce()).cure().contains("of one kind"));
  }

  @Test
  void shouldComparePartitions() {
    Finding apart =
        PeerFindings.partitions(infiniband(0x8001, 0x7fff), infiniband(0x8002, 0x7fff), false);
    assertEquals(Severity.FAIL, apart.severity());
    assertEquals(
        "The sides have no partition in common: this side has 0x8001, 0x7fff, the peer 0x8002,"
            + " 0x7fff.",
        apart.message());
    assertTrue(apart.cure().contains("scale set"), apart.cure());
    Finding together =
        PeerFindings.partitions(infiniband(0x7fff, 0x800b), infiniband(0x800b, 0x7fff), false);
    assertEquals(Severity.OK, together.severity());
    assertEquals("Both sides are in the partition 0x800b.", together.message());
    assertEquals(
        Severity.WARN,
        PeerFindings.partitions(infiniband(0x8001, 0x7fff), infiniband(0x8002, 0x7fff), true)
            .severity());
    Finding limited = PeerFindings.partitions(infiniband(0x000b), infiniband(0x800b), false);
    assertEquals(Severity.OK, limited.severity());
    assertTrue(limited.message().contains("by 0x000b, the peer by 0x800b"), limited.message());
    assertEquals(Severity.NA, PeerFindings.partitions(BARE, infiniband(0x800b), false).severity());
    assertEquals(
        Severity.NA, PeerFindings.partitions(roce(), infiniband(0x800b), false).severity());
  }
}
