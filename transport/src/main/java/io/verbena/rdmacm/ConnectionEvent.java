package io.verbena.rdmacm;

/**
 * Something that happened to what a {@link ConnectionManager} manages, see {@link
 * ConnectionManager#await}. What a blocking call waits for is that call's result and no event.
 * Immutable.
 */
public sealed interface ConnectionEvent {
  /**
   * What it happened to.
   *
   * @return the route, listener, request or connection
   */
  CommunicationIdentifier source();

  /**
   * The way to a listener is known: connect.
   *
   * @param source the route
   */
  record RouteResolved(Route source) implements ConnectionEvent {}

  /**
   * A peer wants to connect: accept or reject it. Not reported to both this and {@link
   * ConnectionListener#await}: who comes first gets it.
   *
   * @param source the request
   */
  record Requested(ConnectionRequest source) implements ConnectionEvent {}

  /**
   * The connection is complete.
   *
   * @param source the connection
   */
  record Established(Connection source) implements ConnectionEvent {}

  /**
   * This side is a member of the multicast group.
   *
   * @param source the route to the group
   * @param membership to close in order to leave
   */
  record Joined(Route source, MulticastMembership membership) implements ConnectionEvent {}

  /**
   * The membership in a multicast group has ended by itself: close it and join again.
   *
   * @param source the route to the group
   * @param membership to close
   * @param failure the reason
   */
  record MembershipLost(Route source, MulticastMembership membership, ConnectionException failure)
      implements ConnectionEvent {}

  /**
   * Resolving, connecting or joining has failed: close the source.
   *
   * @param source the route or connection
   * @param failure the reason
   */
  record Failed(CommunicationIdentifier source, ConnectionException failure)
      implements ConnectionEvent {}

  /**
   * The connection has ended, by whichever side; the queue pair is in ERR.
   *
   * @param source the connection
   */
  record Disconnected(Connection source) implements ConnectionEvent {}

  /**
   * The device is being removed: close everything that is on it, also the queue pairs and the
   * context; removal waits for that. Requests that are not accepted yet are not told: close them
   * too.
   *
   * @param source what was on the device
   */
  record DeviceRemoved(CommunicationIdentifier source) implements ConnectionEvent {}

  /**
   * The network device under the address has changed, by a fail-over of a bond: connect anew.
   *
   * @param source what used the address
   */
  record AddressChanged(CommunicationIdentifier source) implements ConnectionEvent {}

  /**
   * The ended connection's queue pair may be used for another: no late packet can come any more.
   *
   * @param source the connection
   */
  record TimeWaitEnded(Connection source) implements ConnectionEvent {}
}
