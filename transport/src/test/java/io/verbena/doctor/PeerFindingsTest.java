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
  private static final String CUT_OFF =
      "no message got through in time: is mlx5_0:1 cut off from the peer, by this or that?";

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
    return handshake("the transport's reason", own, peer);
  }

  private static Finding handshake(String why, PeerSide own, PeerSide peer) {
    var report = new LinkReport(new Link.Tcp("eth0", why), "", List.of());
    Finding finding = PeerFindings.handshake(report, "1.00 ms", own, peer);
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
    Finding filtered = handshake(CUT_OFF, roce(), roce());
    assertEquals(
        "Both sides have RDMA, but RoCE packets (UDP port 4791) do not get through between mlx5_0:1"
            + " here and mlx5_0:1 there.",
        filtered.message());
    assertTrue(filtered.cure().startsWith("Let UDP port 4791 pass"), filtered.cure());
    assertTrue(filtered.evidence().contains(new Evidence("reason", CUT_OFF)));
    Finding unrouted = handshake(CUT_OFF, infiniband(0x8001), infiniband(0x8001));
    assertTrue(unrouted.message().contains("InfiniBand packets do not"), unrouted.message());
    assertTrue(unrouted.cure().contains("subnet"), unrouted.cure());
    assertTrue(handshake(infiniband(0x8001), infiniband(0x8002)).cure().contains("scale set"));
    assertTrue(handshake(infiniband(0x8001), roce()).cure().contains("of one kind"));
  }

  @Test
  void shouldNotBlameTheNetworkForWhatOneSideLacks() {
    Finding here = handshake("no queue pair on mlx5_0:1: ENOMEM", roce(), roce());
    assertEquals(
        "Both sides have RDMA, but it does not work between them: no queue pair on mlx5_0:1:"
            + " ENOMEM.",
        here.message());
    assertTrue(here.cure().startsWith("Mend on this machine"), here.cure());
    Finding there = handshake("the peer says: no queue pair: ENOMEM", roce(), roce());
    assertTrue(there.cure().startsWith("Mend on the peer"), there.cure());
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
        "Neither side has a port that can be used.",
        PeerFindings.partitions(BARE, BARE, false).message());
    assertEquals(
        Severity.NA, PeerFindings.partitions(roce(), infiniband(0x800b), false).severity());
  }
}
