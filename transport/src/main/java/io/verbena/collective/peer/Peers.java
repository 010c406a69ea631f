package io.verbena.collective.peer;

import io.netty.buffer.ByteBuf;
import io.verbena.Progress;
import io.verbena.Transport;
import io.verbena.TransportConfig;
import io.verbena.collective.launch.Job;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The processes of a job, connected as they need each other, and the messages between them. Nothing
 * moves but in {@link #advance}.
 *
 * <p>Threads: any, each holding {@link #lock} for every call. Ranks count from 0 in the whole job.
 *
 * <p>Messages of one process to another with the same context and tag are received in the order in
 * which they were sent. A message that nobody waits for yet is kept, up to {@link
 * Backlog#MOST_BYTES} of each process; beyond that it is held up.
 */
public final class Peers implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Peers.class);

  /** Those who have nothing under way are looked after as often. */
  private static final int ADVANCES_PER_LOOK = 256;

  /** Held for every call. */
  public final ReentrantLock lock = new ReentrantLock();

  private final Job job;
  private final Transport transport;
  private final @Nullable Peer[] peers;
  private final Connector connector;
  private final Itself itself = new Itself(this);

  /** Those that have something under way. */
  private final List<Peer> busy = new ArrayList<>();

  private final List<Peer> connected = new ArrayList<>();

  /** What others have told, and what was told to them. */
  private final Abandoned heard = new Abandoned();

  private final Abandoned told = new Abandoned();

  /** Receives from anybody. */
  private final Queue<Receive> fromAnybody = new Queue<>();

  private long tickets;
  private int advancesToLook = ADVANCES_PER_LOOK;
  private int losses;
  private boolean closed;

  private Peers(Job job, Transport transport) throws IOException {
    this.job = job;
    this.transport = transport;
    this.peers = new Peer[job.size()];
    this.connector = new Connector(this, job, transport);
  }

  /**
   * Opens a transport and tells the other processes where it can be reached.
   *
   * @param job closed with this, or if this fails
   * @param choices what the others are told of how this one chooses algorithms
   * @param timeout how long the others may take to come
   * @throws IOException if there is no transport, or the others do not come
   */
  public static Peers join(Job job, TransportConfig config, long choices, Duration timeout)
      throws IOException {
    Transport transport = null;
    Peers peers = null;
    try {
      transport =
          Transport.open(
              config
                  .withProgress(Progress.CALLER)
                  .withMaxMessageBytes(Envelope.BYTES + Envelope.CHUNK_BYTES));
      peers = new Peers(job, transport);
      if (job.size() > 1) {
        peers.connector.open(choices, timeout);
      }
      return peers;
    } catch (IOException | RuntimeException e) {
      if (peers != null) {
        peers.close();
      } else {
        if (transport != null) {
          transport.close();
        }
        job.close();
      }
      throw e;
    }
  }

  /** Which of the processes this is. */
  public int rank() {
    return job.rank();
  }

  /** How many processes there are. */
  public int size() {
    return job.size();
  }

  /** How the processes were started. */
  public Job job() {
    return job;
  }

  /**
   * What a process told of how it chooses algorithms.
   *
   * @throws IOException if it cannot be found out
   */
  public long choicesOf(int rank) throws IOException {
    return connector.contactOf(rank).choices();
  }

  /** The transport, which moves nothing by itself. */
  public Transport transport() {
    return transport;
  }

  /** Registered memory for a message, if there is some. */
  ByteBuf buffer(int bytes) {
    return transport.allocator().directBuffer(bytes, bytes);
  }

  Peer peer(int rank) {
    Peer peer = peers[rank];
    if (peer == null) {
      peer = new Peer(this, rank);
      if (rank == job.rank()) {
        peer.state = Peer.State.CONNECTED;
      }
      peers[rank] = peer;
    }
    return peer;
  }

  /**
   * How often a process was lost, or a collective abandoned: a change says that {@link #failureOf},
   * or {@link #abandonment}, has news.
   */
  public int losses() {
    return losses;
  }

  /** Why a collective cannot end well, as another process has found out; null if it may. */
  public @Nullable PeerFailure abandonment(long context, long tag) {
    return heard.why(context, tag);
  }

  /**
   * Tells others, who may wait for this process, that a collective has failed here, and that those
   * after it will, since one has left: unlike those who wait for that one, they hear nothing.
   */
  public void abandon(long context, long tag, int left) {
    if (told.add(context, tag, left(left, ""))) {
      tellAll(Notice.abandoned(context, tag, left));
    }
  }

  /** Why a process is not there any more; null if it is, as far as is known. */
  public @Nullable PeerFailure failureOf(int rank) {
    Peer peer = peers[rank];
    return peer == null ? null : peer.failure;
  }

  /** Whether a process is lost, not just gone when it was ready. */
  public boolean isLost(int rank) {
    Peer peer = peers[rank];
    return peer != null && peer.state == Peer.State.LOST;
  }

  /** Over which link a process is reached; null as long as it is not connected. */
  public @Nullable String linkTo(int rank) {
    Peer peer = peers[rank];
    return peer == null || peer.endpoint == null ? null : peer.endpoint.link().toString();
  }

  /** Starts a send, which may end at once. */
  public void start(Send send) {
    begin(send);
    if (closed) {
      send.end(closing());
      return;
    }
    Peer peer = peer(send.peer);
    if (peer.rank == job.rank()) {
      itself.send(peer.in, send);
      return;
    }
    if (peer.failure != null) {
      send.end(peer.failure);
      return;
    }
    peer.out.start(send);
    list(peer);
    connector.need(peer);
    // At once: a small message is on its way when this returns.
    peer.flush();
  }

  private static void begin(Transfer transfer) {
    if (transfer.active) {
      throw new IllegalStateException("the transfer is under way");
    }
    transfer.active = true;
    transfer.next = null;
  }

  /** Starts a receive, which may end at once. */
  public void start(Receive receive) {
    begin(receive);
    receive.ticket = tickets++;
    receive.received = 0;
    if (closed) {
      receive.end(closing());
      return;
    }
    if (receive.peer == Receive.ANY_PEER) {
      for (Peer each : peers) {
        if (each != null && each.in.find(receive)) {
          list(each);
          return;
        }
      }
      fromAnybody.add(receive);
      return;
    }
    Peer peer = peer(receive.peer);
    if (peer.in.find(receive)) {
      list(peer);
      return;
    }
    if (peer.failure != null) {
      receive.end(peer.failure);
      return;
    }
    peer.in.receives.add(receive);
    list(peer);
    connector.need(peer);
  }

  /** The receive that a message of a peer belongs to; null if none waits for it. */
  @Nullable Receive waiting(Inbound in, long context, long tag) {
    Receive named = first(in.receives, context, tag);
    Receive anybody = first(fromAnybody, context, tag);
    return named != null && (anybody == null || named.ticket < anybody.ticket) ? named : anybody;
  }

  /** A receive waits no longer. */
  void unlist(Inbound in, Receive receive) {
    if (!in.receives.remove(receive)) {
      fromAnybody.remove(receive);
    }
  }

  private static @Nullable Receive first(Queue<Receive> receives, long context, long tag) {
    for (Receive each = receives.first(); each != null; each = receives.after(each)) {
      if (each.takes(context, tag)) {
        return each;
      }
    }
    return null;
  }

  /** Ends a receive: its memory is not written any more. Nothing if it has ended. */
  public void cancel(Receive receive) {
    if (!receive.active) {
      return;
    }
    boolean found = fromAnybody.remove(receive);
    for (int i = 0; i < peers.length && !found; i++) {
      Peer each = peers[i];
      found = each != null && each.in.cancel(receive);
    }
    receive.end(cancelled(receive));
  }

  /**
   * Ends a send that has not begun. One that has must go on, since the receiver would take what
   * follows for its rest: it has ended when it is no longer {@linkplain Transfer#isActive active}.
   */
  public void cancel(Send send) {
    if (send.active && peer(send.peer).out.cancel(send)) {
      send.end(cancelled(send));
    }
  }

  /** Gives a process up that does not take what it is sent: the memory of that is free then. */
  public void giveUp(Send send) {
    if (send.active) {
      lost(peer(send.peer), "rank %d takes no data".formatted(send.peer), null);
    }
  }

  private static PeerFailure cancelled(Transfer transfer) {
    return new PeerFailure(PeerFailure.Kind.CANCELLED, transfer.peer, "it was cancelled", null);
  }

  /** Forgets what came for a context that is not used any more. */
  public void drop(long context) {
    forEach(peer -> peer.in.drop(context));
  }

  void list(Peer peer) {
    if (!peer.listed) {
      peer.listed = true;
      busy.add(peer);
    }
  }

  /**
   * Moves what can be moved without waiting.
   *
   * @return whether anything was
   */
  public boolean advance() {
    boolean moved = connector.advance();
    if (--advancesToLook <= 0 || !fromAnybody.isEmpty()) {
      advancesToLook = ADVANCES_PER_LOOK;
      for (int i = connected.size() - 1; i >= 0; i--) {
        // One may take others with it.
        if (i < connected.size()) {
          moved |= connected.get(i).advance();
        }
      }
    }
    for (int i = busy.size() - 1; i >= 0; i--) {
      Peer peer = busy.get(i);
      if (peer.isBusy()) {
        moved |= peer.advance();
      } else {
        peer.listed = false;
        busy.set(i, busy.getLast());
        busy.removeLast();
      }
    }
    return moved;
  }

  void connected(Peer peer) {
    connected.add(peer);
    for (Peer each : peers) {
      if (each != null && each.state == Peer.State.LOST) {
        peer.out.tell(Notice.lost(each.rank));
      }
    }
    told.forEach(peer.out::tell);
    list(peer);
  }

  boolean awaitsAnybody() {
    return !fromAnybody.isEmpty();
  }

  /** Whether it was closed: nothing moves any more. */
  public boolean isClosed() {
    return closed;
  }

  void left(Peer peer) {
    if (closed) {
      return;
    }
    connected.remove(peer);
    peer.fail(Peer.State.LEFT, left(peer.rank, ""));
  }

  private static PeerFailure left(int rank, String source) {
    return new PeerFailure(
        PeerFailure.Kind.LEFT, rank, "rank %d has left%s".formatted(rank, source), null);
  }

  void lost(Peer peer, String message, @Nullable Throwable cause) {
    if (peer.failure != null || closed) {
      return;
    }
    LOG.warn("Rank {}: {}", job.rank(), message);
    connected.remove(peer);
    losses++;
    peer.fail(Peer.State.LOST, new PeerFailure(PeerFailure.Kind.LOST, peer.rank, message, cause));
    // Others may wait for one who waits for it.
    tellAll(Notice.lost(peer.rank));
  }

  private void tellAll(Notice notice) {
    for (Peer each : List.copyOf(connected)) {
      each.out.tell(notice);
      list(each);
      each.flush();
    }
  }

  boolean heardOfLoss(long rank, int from) {
    if (rank >= peers.length) {
      return false;
    }
    if (rank != job.rank()) {
      lost(peer((int) rank), "rank %d is lost, says rank %d".formatted(rank, from), null);
    }
    return true;
  }

  boolean heardOfAbandoned(long context, long tag, long left, int from) {
    if (left < 0 || left >= peers.length) {
      return false;
    }
    if (heard.add(context, tag, left((int) left, ", says rank " + from))) {
      losses++;
    }
    return true;
  }

  /** Says goodbye: what was sent is delivered, what is under way ends. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      // Before the transport, in whose memory is what nobody has received.
      forEach(
          peer -> {
            peer.in.close(closing());
            peer.out.close(closing());
          });
      for (Receive each = fromAnybody.first(); each != null; each = fromAnybody.first()) {
        fromAnybody.remove(each);
        each.end(closing());
      }
    } finally {
      lock.unlock();
    }
    connector.close();
    transport.close();
    lock.lock();
    try {
      // The transport reads their memory no longer.
      forEach(peer -> peer.out.fail(closing()));
    } finally {
      lock.unlock();
    }
    job.close();
  }

  private void forEach(Consumer<Peer> action) {
    for (Peer each : peers) {
      if (each != null) {
        action.accept(each);
      }
    }
  }

  private PeerFailure closing() {
    return new PeerFailure(PeerFailure.Kind.CLOSED, rank(), "the world was closed here", null);
  }
}
