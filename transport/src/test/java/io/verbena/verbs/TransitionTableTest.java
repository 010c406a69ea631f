package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.verbs.QueuePairTransition.ToError;
import io.verbena.verbs.QueuePairTransition.ToInit;
import io.verbena.verbs.QueuePairTransition.ToReceive;
import io.verbena.verbs.QueuePairTransition.ToReset;
import io.verbena.verbs.QueuePairTransition.ToSend;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TransitionTableTest {
  private static final QueuePairAddress LOCAL =
      new QueuePairAddress(17, 100, 0, new Gid(0, 1), 1, 1, 1024, LinkLayer.ETHERNET);
  private static final QueuePairAddress REMOTE =
      new QueuePairAddress(18, 200, 0, new Gid(0, 2), 1, 3, 4096, LinkLayer.ETHERNET);

  private static ConnectPlan plan(QueuePairType type) {
    return new ConnectPlan(
        type, LOCAL, REMOTE, ConnectOptions.defaults(), device(1), port(LinkLayer.ETHERNET));
  }

  private static DeviceAttributes device(int atomicCode) {
    return new DeviceAttributes(
        "",
        0,
        0,
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        4,
        8,
        DeviceAttributes.Atomicity.of(atomicCode),
        0,
        1,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0);
  }

  private static PortAttributes port(LinkLayer linkLayer) {
    return new PortAttributes(
        1, PortState.ACTIVE, linkLayer, 4096, 1024, 1 << 30, 0, 0, 0, 16, 1, 1, 2500, false);
  }

  @ParameterizedTest
  @EnumSource(value = QueuePairType.class, names = "DATAGRAM", mode = EnumSource.Mode.EXCLUDE)
  void shouldAcceptTheTransitionsThatConnect(QueuePairType type) {
    ConnectPlan plan = plan(type);
    TransitionTable.check(type, QueuePairState.RESET, plan.toInit());
    TransitionTable.check(type, QueuePairState.INIT, plan.toReceive());
    TransitionTable.check(type, QueuePairState.RTR, plan.toSend());
  }

  @Test
  void shouldConnectWithTheSmallerMtuAndTheDevicesLimits() {
    ConnectPlan plan = plan(QueuePairType.RELIABLE);
    QueuePairAttributes receive = plan.toReceive().attributes();
    assertEquals(Mtu.code(1024), receive.value(QueuePairAttribute.PATH_MTU));
    assertEquals(4, receive.value(QueuePairAttribute.MAX_SERVED_READ_ATOMIC));
    assertEquals(18, receive.value(QueuePairAttribute.PEER_NUMBER));
    assertEquals(200, receive.value(QueuePairAttribute.RECEIVE_SEQUENCE));
    assertEquals(
        new AddressVector(1, 1, 0, new Gid(0, 2), true, 0, 0, 64), receive.addressVector());
    QueuePairAttributes send = plan.toSend().attributes();
    assertEquals(8, send.value(QueuePairAttribute.MAX_READ_ATOMIC));
    assertEquals(100, send.value(QueuePairAttribute.SEND_SEQUENCE));
    assertEquals(6, send.value(QueuePairAttribute.RETRY_COUNT));
    assertEquals(
        Access.flags(Set.of(Access.REMOTE_READ, Access.REMOTE_WRITE, Access.REMOTE_ATOMIC)),
        plan.toInit().attributes().value(QueuePairAttribute.ACCESS));
  }

  @Test
  void shouldNotAskForAtomicsThatTheDeviceDoesNotHave() {
    ConnectPlan plan =
        new ConnectPlan(
            QueuePairType.RELIABLE,
            LOCAL,
            REMOTE,
            ConnectOptions.defaults(),
            device(0),
            port(LinkLayer.ETHERNET));
    assertEquals(
        Access.flags(Set.of(Access.REMOTE_READ, Access.REMOTE_WRITE)),
        plan.toInit().attributes().value(QueuePairAttribute.ACCESS));
  }

  @Test
  void shouldUseARouteHeaderOnInfiniBandOnlyAcrossSubnets() {
    for (int prefix = 0; prefix < 2; prefix++) {
      ConnectPlan plan =
          new ConnectPlan(
              QueuePairType.RELIABLE,
              new QueuePairAddress(1, 1, 7, new Gid(0, 1), 1, 0, 2048, LinkLayer.INFINIBAND),
              new QueuePairAddress(2, 1, 8, new Gid(prefix, 2), 1, 0, 2048, LinkLayer.INFINIBAND),
              ConnectOptions.defaults(),
              device(1),
              port(LinkLayer.INFINIBAND));
      AddressVector vector = plan.toReceive().attributes().addressVector();
      assertEquals(prefix == 1, vector.global());
      assertEquals(8, vector.lid());
    }
  }

  @Test
  void shouldRefuseAPeerOfAnotherLinkLayer() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new ConnectPlan(
                    QueuePairType.RELIABLE,
                    LOCAL,
                    new QueuePairAddress(2, 1, 8, Gid.ZERO, 1, 0, 2048, LinkLayer.INFINIBAND),
                    ConnectOptions.defaults(),
                    device(1),
                    port(LinkLayer.ETHERNET)));
    assertEquals("this port speaks ETHERNET and the peer's INFINIBAND", e.getMessage());
  }

  @Test
  void shouldServeAtTheReceivingEndOfXrcAndRetryAtTheSendingEnd() {
    ConnectPlan sending = plan(QueuePairType.XRC_SEND);
    ConnectPlan receiving = plan(QueuePairType.XRC_RECEIVE);
    assertEquals(0, sending.toInit().attributes().value(QueuePairAttribute.ACCESS));
    assertEquals(
        plan(QueuePairType.RELIABLE).toInit().attributes().present(),
        receiving.toInit().attributes().present());
    assertEquals(
        Set.of(
            QueuePairAttribute.ADDRESS_VECTOR,
            QueuePairAttribute.PATH_MTU,
            QueuePairAttribute.PEER_NUMBER,
            QueuePairAttribute.RECEIVE_SEQUENCE),
        sending.toReceive().attributes().present());
    assertEquals(
        plan(QueuePairType.RELIABLE).toReceive().attributes().present(),
        receiving.toReceive().attributes().present());
    assertEquals(
        plan(QueuePairType.RELIABLE).toSend().attributes().present(),
        sending.toSend().attributes().present());
    assertEquals(
        Set.of(QueuePairAttribute.TIMEOUT, QueuePairAttribute.SEND_SEQUENCE),
        receiving.toSend().attributes().present());
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                TransitionTable.check(
                    QueuePairType.XRC_RECEIVE, QueuePairState.RTR, sending.toSend()));
    assertEquals(
        "RTR to RTS of a XRC_RECEIVE queue pair does not take RETRY_COUNT, RNR_RETRY,"
            + " MAX_READ_ATOMIC",
        e.getMessage());
  }

  @Test
  void shouldNameAllThatIsMissing() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                TransitionTable.check(
                    QueuePairType.RELIABLE,
                    QueuePairState.INIT,
                    new ToReceive(QueuePairAttributes.none().withPathMtu(1024).withPeerNumber(1))));
    assertEquals(
        "INIT to RTR of a RELIABLE queue pair needs ADDRESS_VECTOR, RECEIVE_SEQUENCE,"
            + " MIN_RNR_TIMER, MAX_SERVED_READ_ATOMIC too",
        e.getMessage());
  }

  @Test
  void shouldNameWhatDoesNotBelongThere() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                TransitionTable.check(
                    QueuePairType.UNRELIABLE,
                    QueuePairState.RTR,
                    new ToSend(
                        QueuePairAttributes.none()
                            .withSendSequence(1)
                            .withTimeout(14)
                            .withRetryCount(6))));
    assertEquals(
        "RTR to RTS of a UNRELIABLE queue pair does not take TIMEOUT, RETRY_COUNT", e.getMessage());
  }

  @Test
  void shouldNeedAQueueKeyForDatagramsOnly() {
    QueuePairAttributes base = QueuePairAttributes.none().withPort(1).withPkeyIndex(0);
    ToInit datagram = new ToInit(base.withQueueKey(0x1111));
    TransitionTable.check(QueuePairType.DATAGRAM, QueuePairState.RESET, datagram);
    TransitionTable.check(
        QueuePairType.DATAGRAM, QueuePairState.INIT, new ToReceive(QueuePairAttributes.none()));
    TransitionTable.check(
        QueuePairType.DATAGRAM,
        QueuePairState.RTR,
        new ToSend(QueuePairAttributes.none().withSendSequence(5)));
    assertThrows(
        IllegalArgumentException.class,
        () -> TransitionTable.check(QueuePairType.RELIABLE, QueuePairState.RESET, datagram));
  }

  @ParameterizedTest
  @EnumSource(QueuePairState.class)
  void shouldGoToResetFromAnywhereAndToErrorFromAllOtherStates(QueuePairState from) {
    for (QueuePairType type : QueuePairType.values()) {
      assertDoesNotThrow(() -> TransitionTable.check(type, from, new ToReset()));
      if (from == QueuePairState.RESET) {
        // The specification has no such edge: nothing is queued that could be flushed.
        assertThrows(
            IllegalStateException.class, () -> TransitionTable.check(type, from, new ToError()));
      } else {
        assertDoesNotThrow(() -> TransitionTable.check(type, from, new ToError()));
      }
    }
  }

  @Test
  void shouldRefuseToSkipStates() {
    ConnectPlan plan = plan(QueuePairType.RELIABLE);
    for (var transition : new QueuePairTransition[] {plan.toReceive(), plan.toSend()}) {
      IllegalStateException e =
          assertThrows(
              IllegalStateException.class,
              () ->
                  TransitionTable.check(QueuePairType.RELIABLE, QueuePairState.RESET, transition));
      assertTrue(e.getMessage().contains("RESET, INIT, RTR, RTS"), e.getMessage());
    }
    assertThrows(
        IllegalStateException.class,
        () -> TransitionTable.check(QueuePairType.RELIABLE, QueuePairState.ERR, plan.toSend()));
  }

  @Test
  void shouldRefuseValuesOutOfRange() {
    QueuePairAttributes none = QueuePairAttributes.none();
    assertThrows(IllegalArgumentException.class, () -> none.withPort(0));
    assertThrows(IllegalArgumentException.class, () -> none.withPathMtu(1500));
    assertThrows(IllegalArgumentException.class, () -> none.withPeerNumber(1 << 24));
    assertThrows(IllegalArgumentException.class, () -> none.withTimeout(32));
    assertThrows(IllegalArgumentException.class, () -> none.withRetryCount(8));
    assertEquals("PORT=1, QUEUE_KEY=4294967295", none.withQueueKey(-1).withPort(1).toString());
  }
}
