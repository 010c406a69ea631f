package io.verbena;

import io.netty.buffer.ByteBuf;

/**
 * Takes what arrives at an {@link Endpoint}, in order, instead of {@link Endpoint#receive}. Set by
 * {@link Endpoint#handle}.
 *
 * <p>Threads: one call at a time for each endpoint; with {@link Progress#THREAD} on a thread that
 * moves the data of many endpoints, which a handler must not hold up (it may send: what has no room
 * at once is then moved on by the waiting call itself); with {@link Progress#CALLER} in {@link
 * Endpoint#poll} and {@link Transport#poll}. A handler that throws ends its endpoint, unless it was
 * told that the endpoint has ended already: by a {@link TransportException} of its own call.
 */
public interface MessageHandler {
  /**
   * A message arrived.
   *
   * @param from the endpoint
   * @param message whole; owned by the handler, who releases it or sends it on
   * @throws Exception ends the endpoint
   */
  void message(Endpoint from, ByteBuf message) throws Exception;

  /**
   * The peer has written, and says so: {@link Endpoint#writeAndNotify}. The bytes that it wrote are
   * there.
   *
   * @param from the endpoint
   * @param value what the peer named the write
   * @throws Exception ends the endpoint
   */
  default void notified(Endpoint from, int value) throws Exception {}

  /**
   * The endpoint has ended, and everything that arrived before was handled. Called once, last.
   *
   * @param endpoint the endpoint, still to be closed unless this side closed it
   * @param cause why: {@link TransportException.Kind#PEER_CLOSED} for an orderly end by the peer,
   *     {@link TransportException.Kind#CLOSED} for one by this side
   */
  default void ended(Endpoint endpoint, TransportException cause) {}
}
