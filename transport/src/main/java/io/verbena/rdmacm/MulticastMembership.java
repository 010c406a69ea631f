package io.verbena.rdmacm;

import io.verbena.verbs.QueuePair;
import io.verbena.verbs.VerbsException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The membership of a queue pair in a multicast group, see {@code man rdma_join_multicast}. Closing
 * it leaves the group.
 *
 * <p>Threads: any. Ownership: by its {@link Route}, and closed with it.
 */
public final class MulticastMembership implements AutoCloseable {
  final long number;
  private final Route route;
  private final InetSocketAddress address;
  private final QueuePair pair;
  private final boolean sendOnly;

  // With the route's lock.
  private @Nullable DatagramPeer group;
  private boolean attached;
  private boolean ended;

  MulticastMembership(
      long number, Route route, InetSocketAddress address, QueuePair pair, boolean sendOnly) {
    this.number = number;
    this.route = route;
    this.address = address;
    this.pair = pair;
    this.sendOnly = sendOnly;
  }

  InetSocketAddress address() {
    return address;
  }

  /** With the lock. */
  void joined(DatagramPeer members) throws VerbsException {
    if (!sendOnly) {
      pair.attachMulticast(members.path().gid(), members.path().lid());
      attached = true;
    }
    group = members;
  }

  /**
   * Where to send to, so that all members receive it.
   *
   * @return an address for an address handle, with the queue key
   * @throws IllegalStateException if joining is not done yet
   */
  public DatagramPeer group() {
    ConnectionManager owner = route.lock();
    try {
      DatagramPeer known = group;
      if (known == null) {
        throw new IllegalStateException(
            "joining " + address.getAddress() + " is not done: wait for ConnectionEvent.Joined");
      }
      return known;
    } finally {
      owner.unlock();
    }
  }

  /**
   * Leaves the group. May be called from any thread, at any time and more than once, also after the
   * queue pair was closed.
   */
  @Override
  public void close() {
    ConnectionManager owner = route.lock();
    try {
      end();
    } finally {
      owner.unlock();
    }
  }

  /** With the lock. */
  void end() {
    if (ended) {
      return;
    }
    ended = true;
    DatagramPeer known = group;
    if (attached && known != null) {
      try {
        pair.detachMulticast(known.path().gid(), known.path().lid());
      } catch (VerbsException | IllegalStateException e) {
        // Closing the queue pair has detached it.
      }
    }
    route.leave(this);
  }
}
