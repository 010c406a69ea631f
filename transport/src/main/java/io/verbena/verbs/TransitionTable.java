package io.verbena.verbs;

import static io.verbena.verbs.QueuePairAttribute.ACCESS;
import static io.verbena.verbs.QueuePairAttribute.ADDRESS_VECTOR;
import static io.verbena.verbs.QueuePairAttribute.ALTERNATE_PATH;
import static io.verbena.verbs.QueuePairAttribute.CURRENT_STATE;
import static io.verbena.verbs.QueuePairAttribute.DRAINED_NOTIFICATION;
import static io.verbena.verbs.QueuePairAttribute.MAX_READ_ATOMIC;
import static io.verbena.verbs.QueuePairAttribute.MAX_SERVED_READ_ATOMIC;
import static io.verbena.verbs.QueuePairAttribute.MIN_RNR_TIMER;
import static io.verbena.verbs.QueuePairAttribute.PATH_MIGRATION;
import static io.verbena.verbs.QueuePairAttribute.PATH_MTU;
import static io.verbena.verbs.QueuePairAttribute.PEER_NUMBER;
import static io.verbena.verbs.QueuePairAttribute.PKEY_INDEX;
import static io.verbena.verbs.QueuePairAttribute.PORT;
import static io.verbena.verbs.QueuePairAttribute.QUEUE_KEY;
import static io.verbena.verbs.QueuePairAttribute.RECEIVE_SEQUENCE;
import static io.verbena.verbs.QueuePairAttribute.RETRY_COUNT;
import static io.verbena.verbs.QueuePairAttribute.RNR_RETRY;
import static io.verbena.verbs.QueuePairAttribute.SEND_SEQUENCE;
import static io.verbena.verbs.QueuePairAttribute.TIMEOUT;
import static io.verbena.verbs.QueuePairState.ERR;
import static io.verbena.verbs.QueuePairState.INIT;
import static io.verbena.verbs.QueuePairState.RESET;
import static io.verbena.verbs.QueuePairState.RTR;
import static io.verbena.verbs.QueuePairState.RTS;
import static io.verbena.verbs.QueuePairState.SQD;
import static io.verbena.verbs.QueuePairState.SQE;
import static io.verbena.verbs.QueuePairType.DATAGRAM;
import static io.verbena.verbs.QueuePairType.RELIABLE;
import static io.verbena.verbs.QueuePairType.UNRELIABLE;
import static io.verbena.verbs.QueuePairType.XRC_RECEIVE;
import static io.verbena.verbs.QueuePairType.XRC_SEND;

import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which attributes each transition of a queue pair needs and allows: the table of the InfiniBand
 * specification, volume 1, 11.2.5.2, that every driver enforces with a bare EINVAL. Here the error
 * names the attribute. The rows of XRC are those of the Linux kernel ({@code qp_state_table}).
 */
final class TransitionTable {
  private record Edge(QueuePairType type, QueuePairState from, QueuePairState to) {}

  private record Rule(Set<QueuePairAttribute> required, Set<QueuePairAttribute> optional) {}

  private static final Map<Edge, Rule> RULES = new HashMap<>();

  static {
    Set<QueuePairAttribute> none = Set.of();
    Set<QueuePairAttribute> connectedInit = Set.of(PKEY_INDEX, PORT, ACCESS);
    Set<QueuePairAttribute> datagramInit = Set.of(PKEY_INDEX, PORT, QUEUE_KEY);
    for (QueuePairType type : Set.of(RELIABLE, UNRELIABLE, XRC_SEND, XRC_RECEIVE)) {
      rule(type, RESET, INIT, connectedInit, none);
      rule(type, INIT, INIT, none, connectedInit);
    }
    rule(DATAGRAM, RESET, INIT, datagramInit, none);
    rule(DATAGRAM, INIT, INIT, none, datagramInit);

    Set<QueuePairAttribute> receiveOptions = Set.of(ALTERNATE_PATH, ACCESS, PKEY_INDEX);
    Set<QueuePairAttribute> peer = Set.of(ADDRESS_VECTOR, PATH_MTU, PEER_NUMBER, RECEIVE_SEQUENCE);
    Set<QueuePairAttribute> servingPeer = with(peer, MAX_SERVED_READ_ATOMIC, MIN_RNR_TIMER);
    rule(RELIABLE, INIT, RTR, servingPeer, receiveOptions);
    rule(UNRELIABLE, INIT, RTR, peer, receiveOptions);
    rule(XRC_SEND, INIT, RTR, peer, receiveOptions);
    rule(XRC_RECEIVE, INIT, RTR, servingPeer, receiveOptions);
    rule(DATAGRAM, INIT, RTR, none, Set.of(PKEY_INDEX, QUEUE_KEY));

    Set<QueuePairAttribute> retrying =
        Set.of(SEND_SEQUENCE, TIMEOUT, RETRY_COUNT, RNR_RETRY, MAX_READ_ATOMIC);
    Set<QueuePairAttribute> unreliableSend =
        Set.of(CURRENT_STATE, ALTERNATE_PATH, ACCESS, PATH_MIGRATION);
    Set<QueuePairAttribute> reliableSend = with(unreliableSend, MIN_RNR_TIMER);
    Set<QueuePairAttribute> datagramSend = Set.of(CURRENT_STATE, QUEUE_KEY);
    rule(RELIABLE, RTR, RTS, retrying, reliableSend);
    rule(UNRELIABLE, RTR, RTS, Set.of(SEND_SEQUENCE), unreliableSend);
    rule(XRC_SEND, RTR, RTS, retrying, unreliableSend);
    rule(XRC_RECEIVE, RTR, RTS, Set.of(SEND_SEQUENCE, TIMEOUT), reliableSend);
    rule(DATAGRAM, RTR, RTS, Set.of(SEND_SEQUENCE), datagramSend);

    for (QueuePairState from : Set.of(RTS, SQD)) {
      rule(RELIABLE, from, RTS, none, reliableSend);
      rule(UNRELIABLE, from, RTS, none, unreliableSend);
      rule(XRC_SEND, from, RTS, none, unreliableSend);
      rule(XRC_RECEIVE, from, RTS, none, reliableSend);
      rule(DATAGRAM, from, RTS, none, datagramSend);
    }
    for (QueuePairType type : QueuePairType.values()) {
      rule(type, RTS, SQD, none, Set.of(DRAINED_NOTIFICATION));
    }
    Set<QueuePairAttribute> unreliableDrained =
        Set.of(ADDRESS_VECTOR, ALTERNATE_PATH, ACCESS, PKEY_INDEX, PATH_MIGRATION);
    Set<QueuePairAttribute> sendDrained =
        with(unreliableDrained, PORT, TIMEOUT, RETRY_COUNT, RNR_RETRY, MAX_READ_ATOMIC);
    rule(RELIABLE, SQD, SQD, none, with(sendDrained, MAX_SERVED_READ_ATOMIC, MIN_RNR_TIMER));
    rule(XRC_SEND, SQD, SQD, none, sendDrained);
    rule(
        XRC_RECEIVE,
        SQD,
        SQD,
        none,
        with(unreliableDrained, PORT, TIMEOUT, MAX_SERVED_READ_ATOMIC, MIN_RNR_TIMER));
    rule(UNRELIABLE, SQD, SQD, none, unreliableDrained);
    rule(DATAGRAM, SQD, SQD, none, Set.of(PKEY_INDEX, QUEUE_KEY));
    rule(UNRELIABLE, SQE, RTS, none, Set.of(CURRENT_STATE, ACCESS));
    rule(DATAGRAM, SQE, RTS, none, datagramSend);
  }

  private TransitionTable() {}

  /**
   * Checks a transition.
   *
   * @throws IllegalStateException if there is no such transition from this state
   * @throws IllegalArgumentException if an attribute is missing or does not belong there
   */
  static void check(QueuePairType type, QueuePairState from, QueuePairTransition transition) {
    QueuePairState to = transition.target();
    Set<QueuePairAttribute> given = transition.attributes().present();
    Rule rule = find(type, from, to);
    if (rule == null) {
      throw new IllegalStateException(
          "a "
              + type
              + " queue pair cannot go from "
              + from
              + " to "
              + to
              + ": the order is RESET, INIT, RTR, RTS; ToReset() starts over from anywhere");
    }
    String edge = from + " to " + to + " of a " + type + " queue pair";
    EnumSet<QueuePairAttribute> missing = EnumSet.noneOf(QueuePairAttribute.class);
    missing.addAll(rule.required);
    missing.removeAll(given);
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(edge + " needs " + names(missing) + " too");
    }
    EnumSet<QueuePairAttribute> wrong = EnumSet.noneOf(QueuePairAttribute.class);
    wrong.addAll(given);
    wrong.removeAll(rule.required);
    wrong.removeAll(rule.optional);
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException(edge + " does not take " + names(wrong));
    }
  }

  private static @Nullable Rule find(QueuePairType type, QueuePairState from, QueuePairState to) {
    if (to == RESET || (to == ERR && from != RESET)) {
      return new Rule(Set.of(), Set.of());
    }
    return RULES.get(new Edge(type, from, to));
  }

  private static String names(Set<QueuePairAttribute> attributes) {
    String text = attributes.toString();
    return text.substring(1, text.length() - 1);
  }

  private static void rule(
      QueuePairType type,
      QueuePairState from,
      QueuePairState to,
      Set<QueuePairAttribute> required,
      Set<QueuePairAttribute> optional) {
    RULES.put(new Edge(type, from, to), new Rule(required, optional));
  }

  private static Set<QueuePairAttribute> with(
      Set<QueuePairAttribute> base, QueuePairAttribute... more) {
    EnumSet<QueuePairAttribute> all = EnumSet.copyOf(base);
    all.addAll(Set.of(more));
    return all;
  }
}
