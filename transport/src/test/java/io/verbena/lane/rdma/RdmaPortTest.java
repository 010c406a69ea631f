package io.verbena.lane.rdma;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.verbena.verbs.Device;
import io.verbena.verbs.Gid;
import io.verbena.verbs.GidEntry;
import io.verbena.verbs.GidType;
import io.verbena.verbs.LinkLayer;
import io.verbena.verbs.NodeType;
import io.verbena.verbs.PortAttributes;
import io.verbena.verbs.PortState;
import io.verbena.verbs.TransportType;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RdmaPortTest {
  private static final RdmaPins NONE = pins(OptionalInt.empty(), OptionalInt.empty());
  private static final Gid LOCAL = new Gid(0xfe80L << 48, 1);
  private static final Gid GLOBAL = new Gid(0x20010db8L << 32, 1);
  private static final int NO_INTERFACE = -1;

  private static RdmaPins pins(OptionalInt gidIndex, OptionalInt pkey) {
    return new RdmaPins(Optional.empty(), OptionalInt.empty(), gidIndex, pkey);
  }

  private static Gid ipv4(int last) {
    return new Gid(0, 0xffff_0a00_0000L + last);
  }

  private static InetAddress local(int last) throws UnknownHostException {
    return InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) last});
  }

  private static GidEntry entry(int index, Gid gid, GidType type, int nic) {
    return new GidEntry(index, gid, type, nic);
  }

  private static RdmaPort port(
      PortState state, LinkLayer layer, List<Integer> pkeys, GidEntry... gids) {
    var attributes =
        new PortAttributes(
            1, state, layer, 4096, 1024, 1L << 31, 9, 0, 0, 16, pkeys.size(), 4, 25_000, false);
    return new RdmaPort("m0", attributes, List.of(gids), pkeys, 10);
  }

  private static RdmaPort ethernet(GidEntry... gids) {
    return port(PortState.ACTIVE, LinkLayer.ETHERNET, List.of(0xffff), gids);
  }

  private static List<Integer> indexes(List<RdmaCandidate> candidates) {
    return candidates.stream().map(RdmaCandidate::gidIndex).toList();
  }

  @Test
  void shouldSayWhyAPortIsUnusable() {
    GidEntry gid = entry(0, ipv4(1), GidType.ROCE_V2, 2);
    assertEquals(
        "port DOWN: check the link",
        port(PortState.DOWN, LinkLayer.ETHERNET, List.of(0xffff), gid).problem(NONE));
    assertEquals(
        "port INIT, no subnet manager has configured it: start a subnet manager: on the switch, or"
            + " opensm on one machine of the subnet",
        port(PortState.INIT, LinkLayer.INFINIBAND, List.of(0xffff), gid).problem(NONE));
    assertEquals(
        "it has no partition key",
        port(PortState.ACTIVE, LinkLayer.ETHERNET, List.of(0, 0x8000), gid).problem(NONE));
    assertEquals(
        "it has no RoCE v2 address: give its network interface an IP address (ip address add"
            + " ADDRESS/LENGTH dev INTERFACE)",
        ethernet(entry(0, ipv4(1), GidType.ROCE_V1, 2)).problem(NONE));
    assertEquals(
        "it is not in partition 0x8005",
        ethernet(gid).problem(pins(OptionalInt.empty(), OptionalInt.of(0x8005))));
    assertEquals(
        "it has no usable GID 7",
        ethernet(gid).problem(pins(OptionalInt.of(7), OptionalInt.empty())));
    assertEquals(
        "the configuration wants port 2",
        ethernet(gid)
            .problem(
                new RdmaPins(
                    Optional.empty(),
                    OptionalInt.of(2),
                    OptionalInt.empty(),
                    OptionalInt.empty())));
    assertNull(ethernet(gid).problem(NONE));
  }

  @Test
  void shouldOfferTheAddressOfTheTcpConnectionFirst() throws UnknownHostException {
    RdmaPort port =
        ethernet(
            entry(0, LOCAL, GidType.ROCE_V2, 2),
            entry(1, ipv4(1), GidType.ROCE_V1, 2),
            entry(2, ipv4(1), GidType.ROCE_V2, 2),
            entry(3, ipv4(2), GidType.ROCE_V2, 5),
            entry(4, ipv4(3), GidType.ROCE_V2, 6),
            entry(5, GLOBAL, GidType.ROCE_V2, 2));
    List<RdmaCandidate> candidates = port.candidates(NONE, local(3), 6, false);
    assertEquals(List.of(4, 2, 5, 0), indexes(candidates));
    assertEquals(List.of(true, false, false, false), ties(candidates));
    assertEquals(
        List.of(2, 3, 5, 0), indexes(port.candidates(NONE, local(9), NO_INTERFACE, false)));
  }

  private static List<Boolean> ties(List<RdmaCandidate> candidates) {
    return candidates.stream().map(RdmaCandidate::tied).toList();
  }

  @Test
  void shouldOfferInfinibandByItsOwnAddress() throws UnknownHostException {
    RdmaPort port =
        port(
            PortState.ACTIVE,
            LinkLayer.INFINIBAND,
            List.of(0xffff, 0, 0x8001, 0x8001),
            entry(0, LOCAL, GidType.INFINIBAND, 0));
    RdmaCandidate candidate = port.candidates(NONE, local(1), NO_INTERFACE, true).getFirst();
    assertEquals(
        new RdmaCandidate(
            "m0",
            1,
            GidType.INFINIBAND,
            0,
            LOCAL,
            9,
            1024,
            100_000,
            10,
            true,
            List.of(0xffff, 0x8001)),
        candidate);
  }

  @Test
  void shouldOfferOnlyWhatIsPinned() throws UnknownHostException {
    RdmaPort port =
        port(
            PortState.ACTIVE,
            LinkLayer.ETHERNET,
            List.of(0xffff, 0x8001, 0x0002),
            entry(0, ipv4(1), GidType.ROCE_V1, 2),
            entry(1, ipv4(1), GidType.ROCE_V2, 2));
    RdmaPins pins = pins(OptionalInt.of(0), OptionalInt.of(0x8002));
    List<RdmaCandidate> candidates = port.candidates(pins, local(1), 2, false);
    assertEquals(List.of(0), indexes(candidates));
    assertEquals(GidType.ROCE_V1, candidates.getFirst().type());
    assertEquals(List.of(0x0002), candidates.getFirst().pkeys());
  }

  @Test
  void shouldDeclineIwarpWithTheReason() {
    String reason =
        RdmaSurvey.foreign(new Device("cxgb4_0", 1, NodeType.IWARP_ADAPTER, TransportType.IWARP));
    assertNotNull(reason);
    assertEquals("it speaks iWARP, whose queue pairs only rdma_cm can connect", reason);
    assertNotNull(
        RdmaSurvey.foreign(new Device("usnic_0", 1, NodeType.USNIC_UDP, TransportType.USNIC_UDP)));
    assertNull(
        RdmaSurvey.foreign(
            new Device("mlx5_0", 1, NodeType.CHANNEL_ADAPTER, TransportType.INFINIBAND)));
  }

  @Test
  void shouldNotLetOnePortTakeAllPlaces() {
    List<List<RdmaCandidate>> ports =
        IntStream.range(0, 12)
            .mapToObj(
                number -> List.of(candidate(number, 0, false), candidate(number, 1, number == 9)))
            .toList();
    List<RdmaCandidate> offered = RdmaSurvey.inTurn(ports);
    assertEquals(RdmaSurvey.MAX_CANDIDATES, offered.size());
    assertEquals("d9:1", offered.getFirst().place());
    assertEquals(1, offered.getFirst().gidIndex());
    assertEquals(12, offered.stream().map(RdmaCandidate::place).distinct().count());
  }

  private static RdmaCandidate candidate(int device, int gidIndex, boolean tied) {
    return new RdmaCandidate(
        "d" + device, 1, GidType.ROCE_V2, gidIndex, GLOBAL, 0, 1024, 1, 10, tied, List.of(0xffff));
  }
}
