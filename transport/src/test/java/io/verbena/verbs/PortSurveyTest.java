package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which port is chosen, without any device. */
class PortSurveyTest {
  private static final GidEntry LINK_LOCAL = gid(0, 0xfe80L << 48, 1, GidType.ROCE_V2);
  private static final GidEntry OLD = gid(1, 0, 0xffff0a4d0001L, GidType.ROCE_V1);
  private static final GidEntry IPV4 = gid(2, 0, 0xffff0a4d0001L, GidType.ROCE_V2);
  private static final GidEntry OTHER = gid(3, 0, 0xffff0a4e0001L, GidType.ROCE_V2);

  @Test
  void shouldPreferInfiniBandThenSpeedThenOrder() throws VerbsException {
    PortSurvey.Port slow = ethernet("a0", PortState.ACTIVE, 10_000);
    PortSurvey.Port fast = ethernet("b0", PortState.ACTIVE, 25_000);
    PortSurvey.Port alike = ethernet("c0", PortState.ACTIVE, 25_000);
    PortSurvey.Port infiniBand =
        port("d0", PortState.ACTIVE, LinkLayer.INFINIBAND, 2_500, List.of(0xffff), IB);
    assertEquals("b0", choose(PortWishes.none(), slow, fast, alike).device().name());
    assertEquals("d0", choose(PortWishes.none(), slow, fast, infiniBand).device().name());
    assertEquals(
        "a0", choose(PortWishes.none().withDevice("a0"), slow, fast, infiniBand).device().name());
    assertEquals(
        "b0",
        choose(PortWishes.none().withLinkLayer(LinkLayer.ETHERNET), slow, fast, infiniBand)
            .device()
            .name());
    String reason = choose(PortWishes.none(), slow, fast).reason();
    assertEquals(
        "b0 port 1 is active, speaks ETHERNET at 25000 Mb/s, the best of 2, with RoCE v2 address"
            + " ::ffff:10.77.0.1",
        reason);
  }

  @Test
  void shouldChooseTheAddressByTypeAndKind() throws VerbsException, UnknownHostException {
    PortSurvey.Port port = ethernet("a0", PortState.ACTIVE, 10_000);
    assertEquals(IPV4, choose(PortWishes.none(), port).gid());
    assertEquals(OLD, choose(PortWishes.none().withGidType(GidType.ROCE_V1), port).gid());
    PortWishes other =
        PortWishes.none().withAddress(InetAddress.getByAddress(new byte[] {10, 78, 0, 1}));
    assertEquals(OTHER, choose(other, port).gid());
    assertThrows(
        VerbsException.class, () -> choose(PortWishes.none().withGidType(GidType.UNKNOWN), port));
  }

  @Test
  void shouldKnowTheAddressForEachLocalEnd() throws VerbsException, UnknownHostException {
    PortChoice choice = choose(PortWishes.none(), ethernet("a0", PortState.ACTIVE, 10_000));
    assertEquals(List.of(IPV4, OTHER, LINK_LOCAL), choice.gids());
    assertEquals(OTHER, choice.gid(InetAddress.getByAddress(new byte[] {10, 78, 0, 1})));
    assertEquals(IPV4, choice.gid(InetAddress.getByAddress(new byte[] {10, 77, 0, 1})));
    assertEquals(IPV4, choice.gid(InetAddress.getLoopbackAddress()));
  }

  @Test
  void shouldTakeRoceVersion1OnlyWhenAsked() throws VerbsException {
    PortSurvey.Port old =
        port("a0", PortState.ACTIVE, LinkLayer.ETHERNET, 10_000, List.of(0xffff), OLD);
    VerbsException e = assertThrows(VerbsException.class, () -> choose(PortWishes.none(), old));
    assertEquals(
        "a0 port 1 has no RoCE v2 address: give its network interface an IP address (ip address add"
            + " ADDRESS/LENGTH dev INTERFACE)",
        e.getMessage());
    assertEquals(OLD, choose(PortWishes.none().withGidType(GidType.ROCE_V1), old).gid());
  }

  @Test
  void shouldChooseThePartition() throws VerbsException {
    PortSurvey.Port port =
        port(
            "a0",
            PortState.ACTIVE,
            LinkLayer.ETHERNET,
            2_500,
            List.of(0, 0xffff, 0x0001, 0x8001, 0x8001),
            IPV4);
    assertEquals(1, choose(PortWishes.none(), port).pkeyIndex());
    assertEquals(3, choose(PortWishes.none().withPkey(0x8001), port).pkeyIndex());
    assertEquals(3, choose(PortWishes.none().withPkey(1), port).pkeyIndex());
    assertEquals(1, choose(PortWishes.none().withPkey(0x7fff), port).pkeyIndex());
  }

  @Test
  void shouldSayForEachPortWhyItWillNotDo() throws UnknownHostException {
    PortSurvey survey =
        new PortSurvey(
            List.of(
                ethernet("a0", PortState.DOWN, 10_000),
                port("b0", PortState.INIT, LinkLayer.INFINIBAND, 2_500, List.of(0xffff), IB),
                port("c0", PortState.ACTIVE, LinkLayer.ETHERNET, 2_500, List.of(0xffff))),
            List.of("d0: closed"));
    VerbsException e = assertThrows(VerbsException.class, () -> survey.choose(PortWishes.none()));
    assertEquals(
        "d0: closed; a0 port 1 is DOWN: check the link; b0 port 1 is INIT, no subnet manager has"
            + " configured it: start a subnet manager: on the switch, or opensm on one machine of the"
            + " subnet; c0 port 1 has no RoCE v2 address: give its network interface an IP address (ip"
            + " address add ADDRESS/LENGTH dev INTERFACE)",
        e.getMessage());
    PortSurvey.Port good = ethernet("e0", PortState.ACTIVE, 10_000);
    refuse(PortWishes.none().withPort(2), good, "is not port 2");
    refuse(PortWishes.none().withDevice("x"), good, "is not of x");
    refuse(PortWishes.none().withLinkLayer(LinkLayer.INFINIBAND), good, "speaks ETHERNET");
    refuse(PortWishes.none().withPkey(0x8007), good, "is not in partition 0x8007");
    refuse(
        PortWishes.none()
            .withGidType(GidType.ROCE_V1)
            .withAddress(InetAddress.getByAddress(new byte[] {10, 78, 0, 1})),
        good,
        "has no RoCE v1 address 10.78.0.1");
    VerbsException none =
        assertThrows(
            VerbsException.class,
            () -> new PortSurvey(List.of(), List.of()).choose(PortWishes.none()));
    assertEquals(
        "this machine has no RDMA device: if it has an adapter, load its driver (modprobe mlx5_ib,"
            + " for example)",
        none.getMessage());
  }

  @Test
  void shouldRefuseNumbersThatCannotBe() {
    assertThrows(IllegalArgumentException.class, () -> PortWishes.none().withPort(256));
    assertThrows(IllegalArgumentException.class, () -> PortWishes.none().withPort(-1));
    assertThrows(IllegalArgumentException.class, () -> PortWishes.none().withPkey(0x10000));
  }

  private static final GidEntry IB = gid(0, 0xfe80L << 48, 7, GidType.INFINIBAND);

  private static void refuse(PortWishes wishes, PortSurvey.Port port, String problem) {
    VerbsException e = assertThrows(VerbsException.class, () -> choose(wishes, port));
    assertTrue(e.getMessage().endsWith("e0 port 1 " + problem), e.getMessage());
  }

  private static PortChoice choose(PortWishes wishes, PortSurvey.Port... ports)
      throws VerbsException {
    return new PortSurvey(List.of(ports), List.of()).choose(wishes);
  }

  private static PortSurvey.Port ethernet(String device, PortState state, int megabits) {
    return port(
        device, state, LinkLayer.ETHERNET, megabits, List.of(0xffff), LINK_LOCAL, OLD, IPV4, OTHER);
  }

  private static PortSurvey.Port port(
      String device,
      PortState state,
      LinkLayer layer,
      int megabits,
      List<Integer> pkeys,
      GidEntry... gids) {
    return new PortSurvey.Port(
        new Device(device, 1, NodeType.CHANNEL_ADAPTER, TransportType.INFINIBAND),
        new PortAttributes(
            1, state, layer, 4096, 4096, 1L << 31, 0, 0, 0, 16, pkeys.size(), 1, megabits, false),
        List.of(gids),
        pkeys);
  }

  private static GidEntry gid(int index, long prefix, long id, GidType type) {
    return new GidEntry(index, new Gid(prefix, id), type, 2);
  }
}
