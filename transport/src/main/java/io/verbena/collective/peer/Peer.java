package io.verbena.collective.peer;

import io.netty.buffer.ByteBuf;
import io.verbena.Endpoint;
import io.verbena.TransportException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Another process of the job. */
final class Peer {
  /** So many messages are taken before others have their turn. */
  private static final int BATCH = 16;

  enum State {
    /** Nobody needed it yet. */
    UNCONNECTED,
    /** This process is connecting, or waits for the answer to its greeting. */
    DIALING,
    CONNECTED,
    /** It said goodbye. */
    LEFT,
    LOST
  }

  final int rank;
  private final Peers peers;
  final Inbound in;
  final Outbound out;
  State state = State.UNCONNECTED;
  @Nullable Endpoint endpoint;
  @Nullable PeerFailure failure;

  /** When to dial although the other side is expected to; 0 for not. */
  long dialAtNanos;

  /** In the list of those that have something under way. */
  boolean listed;

  Peer(Peers peers, int rank) {
    this.peers = peers;
    this.rank = rank;
    this.in = new Inbound(peers, rank);
    this.out = new Outbound(peers, rank, in);
  }

  boolean isBusy() {
    return !out.isEmpty() || !in.receives.isEmpty() || in.isReceiving();
  }

  /** Moves what can be moved; returns whether anything was. */
  boolean advance() {
    Endpoint connection = endpoint;
    if (connection == null) {
      return false;
    }
    boolean moved = false;
    long before = in.takenEarly();
    try {
      out.advance(connection);
      for (int i = 0; i < BATCH && !in.isHeldUp(); i++) {
        long taken = in.takenEarly();
        ByteBuf message = connection.tryReceive();
        if (message == null && in.isReceiving() && in.takenEarly() != taken) {
          // The rest of a long message follows.
          continue;
        }
        if (message == null) {
          break;
        }
        moved = true;
        if (!arrived(message)) {
          peers.lost(this, "rank %d broke the protocol".formatted(rank), null);
          return true;
        }
      }
      if (!out.isEmpty()) {
        connection.poll();
        out.advance(connection);
      }
      moved |= in.takenEarly() != before;
    } catch (TransportException e) {
      ended(e);
      moved = true;
    } catch (RuntimeException e) {
      // Others, who may be the ones that called, must not fail with it.
      peers.lost(this, "the connection with rank %d failed: %s".formatted(rank, e), e);
      moved = true;
    }
    return moved;
  }

  /** Hands over what the endpoint takes now. */
  void flush() {
    Endpoint connection = endpoint;
    if (connection != null) {
      try {
        out.advance(connection);
      } catch (TransportException e) {
        // What it sent before it ended is still to be received; then that ends it.
        peers.list(this);
      } catch (RuntimeException e) {
        peers.lost(this, "the connection with rank %d failed: %s".formatted(rank, e), e);
      }
    }
  }

  private boolean arrived(ByteBuf message) {
    if (!in.isBetweenMessages() || !Envelope.isNotice(Envelope.bytes(message))) {
      return in.arrived(message);
    }
    ByteBuffer words = Envelope.bytes(message);
    byte kind = Envelope.kind(words);
    long context = Envelope.context(words);
    long tag = Envelope.tag(words);
    long length = Envelope.length(words);
    message.release();
    return kind == Envelope.LOST
        ? peers.heardOfLoss(context, rank)
        : peers.heardOfAbandoned(context, tag, length, rank);
  }

  private void ended(TransportException cause) {
    if (cause.kind() == TransportException.Kind.PEER_CLOSED) {
      peers.left(this);
    } else {
      peers.lost(this, "rank %d is lost: %s".formatted(rank, cause.getMessage()), cause);
    }
  }

  /** Ends all that is under way with it. */
  void fail(State end, PeerFailure why) {
    state = end;
    failure = why;
    in.fail(why);
    Endpoint connection = endpoint;
    endpoint = null;
    if (connection != null) {
      // First: the memory of what is being sent is not read any more when that ends.
      if (end == State.LOST) {
        connection.reset();
      } else {
        connection.close();
      }
    }
    out.fail(why);
  }
}
