package io.verbena.collective.peer;

import io.netty.buffer.ByteBuf;
import io.verbena.Endpoint;
import io.verbena.Listener;
import io.verbena.Transport;
import io.verbena.TransportException;
import io.verbena.collective.launch.Job;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings connections up, one for each pair of processes that need each other. Who needs another one
 * dials: the lower rank at once, the higher one only if nothing came from the lower one for a
 * while. If both dialed, the connection of the lower one is taken. The one who is dialed says so.
 */
final class Connector {
  private static final Logger LOG = LoggerFactory.getLogger(Connector.class);

  /** How long the higher rank waits for the lower one to dial. */
  private static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** So many advances pass between looks at the clock. */
  private static final int ADVANCES_PER_CLOCK = 64;

  private static final int MOST_STRANGERS = 4096;
  private static final long STRANGER_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Peers peers;
  private final Job job;
  private final Transport transport;
  private @Nullable Listener listener;
  private Contact own = Contact.none();

  /** What threads that wait have brought. */
  private final ConcurrentLinkedQueue<Runnable> news = new ConcurrentLinkedQueue<>();

  /** Who has come and not said who he is. */
  private final List<Stranger> strangers = new ArrayList<>();

  /** Who was dialed and has not answered. */
  private final List<Dialed> greeted = new ArrayList<>();

  private final List<Peer> patient = new ArrayList<>();
  private int advancesToClock = ADVANCES_PER_CLOCK;
  private volatile boolean closed;

  private record Dialed(Peer peer, Endpoint endpoint) {}

  private record Stranger(Endpoint endpoint, long untilNanos) {}

  Connector(Peers peers, Job job, Transport transport) {
    this.peers = peers;
    this.job = job;
    this.transport = transport;
  }

  /** Listens, and tells the others where. */
  void open(long choices, Duration timeout) throws IOException {
    Listener opened = transport.listen(new InetSocketAddress(0));
    listener = opened;
    own = Contact.of(choices, opened.address().getPort());
    Thread.ofVirtual().name("verbena-accept").start(() -> accept(opened));
    job.exchange(own.encode(Job.MAX_VALUE_BYTES), timeout);
  }

  private void accept(Listener from) {
    while (!closed) {
      try {
        Endpoint endpoint = from.accept(Duration.ofHours(1));
        news.add(() -> arrived(endpoint));
      } catch (TransportException e) {
        if (e.kind() != TransportException.Kind.TIMEOUT) {
          return;
        }
      }
    }
  }

  private void arrived(Endpoint endpoint) {
    if (strangers.size() >= MOST_STRANGERS) {
      // Who has had more time than this one to say who he is.
      hangUp(strangers.removeFirst().endpoint());
    }
    strangers.add(new Stranger(endpoint, System.nanoTime() + STRANGER_NANOS));
  }

  /** A peer is to be connected, if it is not. */
  void need(Peer peer) {
    if (peer.state != Peer.State.UNCONNECTED || peer.dialAtNanos != 0) {
      return;
    }
    if (job.rank() < peer.rank) {
      dial(peer);
    } else {
      peer.dialAtNanos = System.nanoTime() + GRACE_NANOS | 1;
      patient.add(peer);
    }
  }

  private void dial(Peer peer) {
    peer.state = Peer.State.DIALING;
    // No virtual one: a launcher's library may block it, and the processor with it.
    Thread.ofPlatform().daemon().name("verbena-dial").start(() -> dialNow(peer));
  }

  private void dialNow(Peer peer) {
    try {
      Contact contact = contactOf(peer.rank);
      IOException failure = new IOException("it has no address");
      for (InetSocketAddress address : contact.addresses(own)) {
        try {
          Endpoint endpoint = transport.connect(address);
          news.add(() -> greet(peer, endpoint, contact));
          return;
        } catch (IOException e) {
          failure = e;
        }
      }
      throw failure;
    } catch (IOException | RuntimeException e) {
      news.add(() -> unreachable(peer, e));
    }
  }

  /** A job is for one thread at a time, and several may dial. */
  Contact contactOf(int rank) throws IOException {
    synchronized (job) {
      return Contact.decode(job.valueOf(rank));
    }
  }

  private void unreachable(Peer peer, Exception cause) {
    if (peer.state == Peer.State.DIALING) {
      peers.lost(
          peer, "rank %d cannot be reached: %s".formatted(peer.rank, cause.getMessage()), cause);
    }
  }

  private void greet(Peer peer, Endpoint endpoint, Contact contact) {
    if (peer.state != Peer.State.DIALING) {
      hangUp(endpoint);
      return;
    }
    try {
      say(endpoint, Envelope.HELLO, job.rank(), contact.tokenHigh(), contact.tokenLow());
      greeted.add(new Dialed(peer, endpoint));
    } catch (TransportException e) {
      hangUp(endpoint);
      unreachable(peer, e);
    }
  }

  private void say(Endpoint to, byte kind, int rank, long tag, long length)
      throws TransportException {
    ByteBuf words = peers.buffer(Envelope.BYTES);
    Envelope.write(words, kind, rank, tag, length);
    boolean taken = false;
    try {
      taken = to.trySend(words);
    } finally {
      if (!taken) {
        words.release();
      }
    }
    if (!taken) {
      throw new IllegalStateException("a new endpoint takes no message");
    }
  }

  /** Goes on with what has come; returns whether anything has. */
  boolean advance() {
    boolean moved = false;
    for (Runnable each = news.poll(); each != null; each = news.poll()) {
      each.run();
      moved = true;
    }
    for (int i = strangers.size() - 1; i >= 0; i--) {
      if (hear(strangers.get(i))) {
        strangers.remove(i);
        moved = true;
      }
    }
    for (int i = greeted.size() - 1; i >= 0; i--) {
      if (answer(greeted.get(i))) {
        greeted.remove(i);
        moved = true;
      }
    }
    if (!patient.isEmpty() && --advancesToClock <= 0) {
      advancesToClock = ADVANCES_PER_CLOCK;
      long now = System.nanoTime();
      patient.removeIf(peer -> isImpatient(peer, now));
    }
    return moved;
  }

  private boolean isImpatient(Peer peer, long now) {
    if (peer.state != Peer.State.UNCONNECTED) {
      return true;
    }
    if (now - peer.dialAtNanos < 0) {
      return false;
    }
    dial(peer);
    return true;
  }

  /** Whether a stranger is none any more. */
  private boolean hear(Stranger stranger) {
    Endpoint endpoint = stranger.endpoint();
    try {
      ByteBuf message = endpoint.tryReceive();
      if (message == null) {
        boolean late = System.nanoTime() - stranger.untilNanos() >= 0;
        if (late) {
          hangUp(endpoint);
        }
        return late;
      }
      try {
        if (!isHello(message)) {
          LOG.warn("Somebody who is not of this job connected from {}", endpoint.remoteAddress());
          hangUp(endpoint);
          return true;
        }
        take(peers.peer((int) Envelope.context(Envelope.bytes(message))), endpoint);
      } finally {
        message.release();
      }
    } catch (TransportException e) {
      LOG.debug("A connection ended before it said whose it is", e);
      hangUp(endpoint);
    }
    return true;
  }

  private boolean isHello(ByteBuf message) {
    ByteBuffer bytes = Envelope.bytes(message);
    return message.readableBytes() == Envelope.BYTES
        && Envelope.kind(bytes) == Envelope.HELLO
        && own.isToken(Envelope.tag(bytes), Envelope.length(bytes))
        && Envelope.context(bytes) < job.size()
        && Envelope.context(bytes) != job.rank();
  }

  private void take(Peer peer, Endpoint endpoint) throws TransportException {
    boolean crossed =
        switch (peer.state) {
          case UNCONNECTED -> false;
          // Ours is taken if our rank is the lower one.
          case DIALING -> job.rank() < peer.rank;
          case CONNECTED, LEFT, LOST -> true;
        };
    byte answer = crossed ? Envelope.CROSSED : Envelope.WELCOME;
    // Or else it would dial again and again.
    say(endpoint, peer.state == Peer.State.LOST ? Envelope.LOST : answer, peer.rank, 0, 0);
    if (crossed) {
      hangUp(endpoint);
    } else {
      connect(peer, endpoint);
    }
  }

  private void connect(Peer peer, Endpoint endpoint) {
    peer.endpoint = endpoint;
    endpoint.handle(peer.in);
    peer.state = Peer.State.CONNECTED;
    peers.connected(peer);
    peer.flush();
  }

  /** Whether it was answered. */
  private boolean answer(Dialed dialed) {
    Peer peer = dialed.peer();
    Endpoint endpoint = dialed.endpoint();
    if (peer.state != Peer.State.DIALING) {
      hangUp(endpoint);
      return true;
    }
    try {
      ByteBuf message = endpoint.tryReceive();
      if (message == null) {
        return false;
      }
      byte kind =
          message.readableBytes() == Envelope.BYTES ? Envelope.kind(Envelope.bytes(message)) : 0;
      message.release();
      if (kind == Envelope.WELCOME) {
        connect(peer, endpoint);
        return true;
      }
      hangUp(endpoint);
      if (kind == Envelope.CROSSED) {
        // The other one is on its way, or there is none: then this looks again.
        peer.state = Peer.State.UNCONNECTED;
        peer.dialAtNanos = System.nanoTime() + 10 * GRACE_NANOS | 1;
        patient.add(peer);
      } else {
        String why = kind == Envelope.LOST ? "has given this one up" : "broke the protocol";
        peers.lost(peer, "rank %d %s".formatted(peer.rank, why), null);
      }
    } catch (TransportException e) {
      hangUp(endpoint);
      unreachable(peer, e);
    }
    return true;
  }

  private static void hangUp(Endpoint endpoint) {
    // Elsewhere, since it waits for the other side.
    Thread.ofVirtual().name("verbena-hang-up").start(endpoint::close);
  }

  void close() {
    closed = true;
    if (listener != null) {
      listener.close();
    }
  }
}
