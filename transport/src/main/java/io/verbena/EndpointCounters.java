package io.verbena;

/**
 * What an endpoint has done so far; a snapshot.
 *
 * @param messagesSent messages that were taken over from senders
 * @param bytesSent their bytes
 * @param messagesReceived messages that arrived whole
 * @param bytesReceived their bytes
 * @param messagesPulled how many of those were read out of the peer's memory by the adapter
 * @param notificationsReceived how often the peer said that it has written
 * @param notificationsUnheard how many of those got lost, because the endpoint had no handler
 * @param creditStalls how often a message waited because the peer was behind
 * @param operations one-sided operations that were started
 */
public record EndpointCounters(
    long messagesSent,
    long bytesSent,
    long messagesReceived,
    long bytesReceived,
    long messagesPulled,
    long notificationsReceived,
    long notificationsUnheard,
    long creditStalls,
    long operations) {

  static final EndpointCounters NONE = new EndpointCounters(0, 0, 0, 0, 0, 0, 0, 0, 0);

  /** With the endpoint's lock. */
  static EndpointCounters of(Conversation conversation) {
    Inbox in = conversation.inbox;
    Outbox out = conversation.outbox;
    return new EndpointCounters(
        out.messages,
        out.bytes,
        in.messages,
        in.bytes,
        in.pulled,
        in.notifications,
        in.unheard,
        out.stalls,
        conversation.operations.started());
  }

  EndpointCounters plus(EndpointCounters other) {
    return new EndpointCounters(
        messagesSent + other.messagesSent,
        bytesSent + other.bytesSent,
        messagesReceived + other.messagesReceived,
        bytesReceived + other.bytesReceived,
        messagesPulled + other.messagesPulled,
        notificationsReceived + other.notificationsReceived,
        notificationsUnheard + other.notificationsUnheard,
        creditStalls + other.creditStalls,
        operations + other.operations);
  }
}
