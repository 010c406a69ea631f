package io.verbena.lane.rdma;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.verbs.Gid;
import io.verbena.verbs.GidType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RdmaPairTest {
  private static final Gid ONE = ipv4(10, 0, 0, 1);
  private static final Gid TWO = ipv4(10, 0, 0, 2);
  private static final long DEFAULT_SUBNET = 0xfe80L << 48;

  private static Gid ipv4(int a, int b, int c, int d) {
    return new Gid(0, 0xffffL << 32 | (long) a << 24 | b << 16 | c << 8 | d);
  }

  private static RdmaCandidate roce(String device, Gid gid) {
    return roce(device, gid, 100_000, 10, false);
  }

  private static RdmaCandidate roce(String device, Gid gid, int rate, int distance, boolean tied) {
    return new RdmaCandidate(
        device, 1, GidType.ROCE_V2, 3, gid, 0, 4096, rate, distance, tied, List.of(0xffff));
  }

  private static RdmaCandidate infiniband(String device, long subnet, int rate, Integer... pkeys) {
    return new RdmaCandidate(
        device,
        1,
        GidType.INFINIBAND,
        0,
        new Gid(subnet, device.hashCode() | 1L << 40),
        7,
        4096,
        rate,
        10,
        false,
        List.of(pkeys));
  }

  private static void choose(
      List<RdmaCandidate> client, List<RdmaCandidate> server, int ours, int theirs) {
    RdmaPair pair = RdmaPair.best(client, server);
    assertNotNull(pair);
    assertEquals(ours, pair.client(), pair::toString);
    assertEquals(theirs, pair.server(), pair::toString);
    assertTrue(pair.fits(client, server));
  }

  private static void refuse(RdmaCandidate one, RdmaCandidate other, String why) {
    assertNull(RdmaPair.best(List.of(one), List.of(other)));
    assertEquals("no pair of ports fits: " + why, RdmaPair.whyNone(List.of(one), List.of(other)));
  }

  @Test
  void shouldRefuseWhatCannotTalk() {
    RdmaCandidate ib = infiniband("i", DEFAULT_SUBNET, 1, 0xffff);
    refuse(roce("e", ONE), ib, "e:1 speaks RoCE v2, i:1 InfiniBand");
    refuse(
        ib, infiniband("j", DEFAULT_SUBNET + 1, 1, 0xffff), "i:1 and j:1 are in different subnets");
    refuse(
        roce("e", ONE),
        roce("f", new Gid(0x20010db8L << 32, 1)),
        "e:1 has no IPv6 address, which f:1 has");
    refuse(
        roce("e", new Gid(DEFAULT_SUBNET, 1)),
        roce("f", new Gid(0x20010db8L << 32, 1)),
        "one of the addresses of e:1 and f:1 works on one link only");
    refuse(
        infiniband("i", DEFAULT_SUBNET, 1, 0x7fff, 0x0001),
        infiniband("j", DEFAULT_SUBNET, 1, 0x7fff, 0x8002),
        "i:1 and j:1 share no partition: 0x7fff, 0x0001 and 0x7fff, 0x8002: on Azure, put both"
            + " machines into one scale set or availability set; elsewhere ask who runs the subnet"
            + " manager");
  }

  @Test
  void shouldChooseAPartitionThatBothAreIn() {
    assertPartition(List.of(0x8001, 0xffff), List.of(0xffff, 0x8001), 0xffff, 0xffff);
    assertPartition(List.of(0x7fff, 0x8001), List.of(0xffff, 0x8001), 0x8001, 0x8001);
    assertPartition(List.of(0x7fff, 0x8001), List.of(0xffff, 0x8002), 0x7fff, 0xffff);
    assertPartition(List.of(0xffff), List.of(0x7fff), 0xffff, 0x7fff);
    assertPartition(List.of(0x8002, 0x8001), List.of(0x8001, 0x8002), 0x8002, 0x8002);
    assertNull(RdmaPair.sharedPkeys(List.of(0x7fff), List.of(0x7fff)), "both are limited members");
    assertNull(RdmaPair.sharedPkeys(List.of(0x8000), List.of(0x8000)), "that is no partition");
  }

  private static void assertPartition(
      List<Integer> ones, List<Integer> others, int one, int other) {
    int[] shared = RdmaPair.sharedPkeys(ones, others);
    assertNotNull(shared);
    assertEquals(List.of(one, other), List.of(shared[0], shared[1]));
  }

  @Test
  void shouldPreferInfiniband() {
    RdmaCandidate ib = infiniband("i", DEFAULT_SUBNET, 10_000, 0xffff);
    choose(List.of(roce("e", ONE), ib), List.of(roce("f", TWO), ib), 1, 1);
  }

  @Test
  void shouldPreferTheAddressOfTheTcpConnection() {
    RdmaCandidate tied = roce("e", ONE, 10_000, 10, true);
    RdmaCandidate fast = roce("f", ipv4(10, 1, 0, 1), 100_000, 10, false);
    choose(List.of(fast, tied), List.of(fast, tied), 1, 1);
  }

  @Test
  void shouldPreferTheHigherRateOfThePair() {
    RdmaCandidate slow = roce("e", ONE, 25_000, 10, false);
    RdmaCandidate fast = roce("f", ONE, 100_000, 10, false);
    choose(List.of(slow, fast), List.of(slow, fast), 1, 1);
    // The slower side counts.
    choose(List.of(slow, fast), List.of(slow), 0, 0);
  }

  /** Two rails: each port reaches the peer's port of the same rail. */
  @Test
  void shouldPreferAddressesOfTheSameSubnet() {
    choose(
        List.of(roce("e", ipv4(192, 168, 1, 5)), roce("f", ipv4(192, 168, 2, 5))),
        List.of(roce("g", ipv4(192, 168, 2, 9)), roce("h", ipv4(10, 0, 0, 1))),
        1,
        0);
  }

  @Test
  void shouldPreferTheNearerAdapterAndThenTheFirst() {
    choose(
        List.of(roce("e", ONE, 1, 21, false), roce("f", ONE, 1, 10, false)),
        List.of(roce("g", TWO), roce("h", TWO)),
        1,
        0);
    choose(List.of(roce("e", ONE), roce("f", ONE)), List.of(roce("g", TWO), roce("h", TWO)), 0, 0);
  }

  @Test
  void shouldSayWhyOtherPortsWerePassedOver() {
    List<RdmaCandidate> client =
        List.of(
            roce("best", ONE),
            roce("slow", ONE, 10_000, 10, false),
            roce("far", ONE, 100_000, 21, false),
            roce("same", ONE),
            infiniband("ib", DEFAULT_SUBNET, 200_000, 0xffff));
    List<RdmaCandidate> server = List.of(roce("peer", TWO));
    RdmaPair pair = RdmaPair.best(client, server);
    assertNotNull(pair);
    assertEquals(
        List.of(
            "slow:1: slower",
            "far:1: further from the processor",
            "ib:1: no port of the peer fits"),
        pair.passedOver(client, server, true));
    assertEquals(List.of(), pair.passedOver(client, server, false));
  }

  @Test
  void shouldNotBelieveAChoice() {
    List<RdmaCandidate> client = List.of(infiniband("i", DEFAULT_SUBNET, 1, 0xffff, 0x0001));
    List<RdmaCandidate> server =
        List.of(
            infiniband("j", DEFAULT_SUBNET, 1, 0x7fff, 0x0001, 0x8002),
            infiniband("k", 1, 1, 0xffff));
    assertTrue(new RdmaPair(0, 0, 0xffff, 0x7fff).fits(client, server));
    assertFalse(new RdmaPair(0, 1, 0xffff, 0xffff).fits(client, server), "another subnet");
    assertFalse(new RdmaPair(0, 2, 0xffff, 0xffff).fits(client, server), "no such candidate");
    assertFalse(new RdmaPair(1, 0, 0xffff, 0x7fff).fits(client, server), "no such candidate");
    assertFalse(new RdmaPair(0, 0, 0x0001, 0x0001).fits(client, server), "limited members");
    assertFalse(new RdmaPair(0, 0, 0xffff, 0x8002).fits(client, server), "other partitions");
    assertFalse(new RdmaPair(0, 0, 0x8003, 0x8003).fits(client, server), "nobody has that key");
  }

  /** Whatever is offered: what is chosen fits, and nothing that fits is missed. */
  @Test
  void shouldFindAPairExactlyWhereOneFits() {
    var random = new Random(5);
    int found = 0;
    for (int round = 0; round < 20_000; round++) {
      List<RdmaCandidate> client = random(random);
      List<RdmaCandidate> server = random(random);
      RdmaPair pair = RdmaPair.best(client, server);
      boolean possible =
          client.stream()
              .anyMatch(
                  ours ->
                      server.stream().anyMatch(theirs -> RdmaPair.problem(ours, theirs) == null));
      assertEquals(possible, pair != null);
      if (pair != null) {
        found++;
        assertTrue(pair.fits(client, server), pair::toString);
        assertEquals(pair, RdmaPair.best(client, server));
        // Nobody is better off because the other side asks, but for equals, where order decides.
        RdmaPair swapped = RdmaPair.best(server, client);
        assertNotNull(swapped);
        assertEquals(rank(client, server, pair), rank(server, client, swapped));
        assertEquals(
            rank(client, server, pair), bestOfShuffled(random, client, server), pair::toString);
      }
    }
    assertTrue(found > 1000 && found < 19_000, "found " + found);
  }

  private static List<Integer> rank(
      List<RdmaCandidate> client, List<RdmaCandidate> server, RdmaPair pair) {
    RdmaCandidate one = client.get(pair.client());
    RdmaCandidate other = server.get(pair.server());
    return List.of(
        one.type() == GidType.INFINIBAND ? 1 : 0,
        (one.tied() ? 1 : 0) + (other.tied() ? 1 : 0),
        Math.min(one.megabitsPerSecond(), other.megabitsPerSecond()),
        -one.distance() - other.distance());
  }

  private static List<Integer> bestOfShuffled(
      Random random, List<RdmaCandidate> client, List<RdmaCandidate> server) {
    List<RdmaCandidate> ours = new ArrayList<>(client);
    List<RdmaCandidate> theirs = new ArrayList<>(server);
    Collections.shuffle(ours, random);
    Collections.shuffle(theirs, random);
    RdmaPair pair = RdmaPair.best(ours, theirs);
    assertNotNull(pair);
    return rank(ours, theirs, pair);
  }

  private static List<RdmaCandidate> random(Random random) {
    List<RdmaCandidate> candidates = new ArrayList<>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      boolean ib = random.nextBoolean();
      Gid gid =
          ib
              ? new Gid(random.nextInt(2), 1 + random.nextInt(9))
              : random.nextBoolean() ? ONE : new Gid(0x20010db8L << 32, 1);
      List<Integer> pkeys = new ArrayList<>();
      for (int k = random.nextInt(2); k >= 0; k--) {
        pkeys.add(1 + random.nextInt(3) | (random.nextBoolean() ? 0x8000 : 0));
      }
      candidates.add(
          new RdmaCandidate(
              "d" + i,
              1 + random.nextInt(2),
              ib ? GidType.INFINIBAND : GidType.ROCE_V2,
              0,
              gid,
              1,
              1024,
              random.nextInt(3),
              10 + random.nextInt(2),
              random.nextBoolean(),
              pkeys));
    }
    return candidates;
  }
}
