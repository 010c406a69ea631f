package io.verbena;

import io.verbena.TransportException.Kind;
import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.HashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One thread that moves the data of all endpoints on TCP lanes, asleep in a selector when idle. */
final class SelectorDriver implements Driver, Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(SelectorDriver.class);

  /** After something happened more tends to follow: looking again costs less than waking up. */
  private static final long SPIN_NANOS = TimeUnit.MICROSECONDS.toNanos(20);

  /** How often deadlines are looked at. */
  private static final long CHECK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** Full rounds of one endpoint before the others get their turn. */
  private static final int MAX_ROUNDS = 8;

  private final Selector selector;
  private final ConcurrentHashMap<EndpointCore, SocketChannel> channels = new ConcurrentHashMap<>();
  private final Queue<EndpointCore> arrivals = new ConcurrentLinkedQueue<>();
  private final Queue<EndpointCore> attention = new ConcurrentLinkedQueue<>();
  private final Thread thread;

  /** Endpoints with frames left in their lanes' buffers, of which the selector knows nothing. */
  private final Set<EndpointCore> unfinished = new HashSet<>();

  private volatile boolean closed;
  private volatile @Nullable Failure failure;
  private long nextCheck = System.nanoTime();

  SelectorDriver() throws IOException {
    selector = Selector.open();
    thread = Thread.ofPlatform().name("verbena-tcp").daemon(true).start(this);
  }

  /** Names the socket of an endpoint; before {@link #attach}. */
  void use(EndpointCore endpoint, SocketChannel channel) {
    channels.put(endpoint, channel);
  }

  @Override
  public void attach(EndpointCore endpoint) {
    arrivals.add(endpoint);
    selector.wakeup();
    failed(endpoint);
  }

  @Override
  public void wake(EndpointCore endpoint) {
    SocketChannel channel = channels.get(endpoint);
    SelectionKey key = channel == null ? null : channel.keyFor(selector);
    if (key == null) {
      return;
    }
    try {
      int before = key.interestOpsOr(SelectionKey.OP_WRITE);
      if ((before & SelectionKey.OP_WRITE) == 0 && Thread.currentThread() != thread) {
        selector.wakeup();
      }
    } catch (CancelledKeyException e) {
      LOG.trace("{} has ended meanwhile", endpoint.link);
    }
  }

  @Override
  public void attend(EndpointCore endpoint) {
    attention.add(endpoint);
    if (!isOwnThread()) {
      selector.wakeup();
    }
  }

  @Override
  public boolean isOwnThread() {
    return Thread.currentThread() == thread;
  }

  @Override
  public void detach(EndpointCore endpoint) {
    channels.remove(endpoint);
    // A closed channel gives its descriptor back only when the selector has dropped its key.
    selector.wakeup();
  }

  @Override
  public void run() {
    long spinUntil = System.nanoTime();
    try {
      while (!closed) {
        register();
        long now = System.nanoTime();
        boolean spin = now - spinUntil < 0 || !unfinished.isEmpty();
        int ready =
            spin
                ? selector.selectNow()
                : selector.select(Math.max(1, TimeUnit.NANOSECONDS.toMillis(nextCheck - now)));
        if (ready > 0) {
          serve(selector.selectedKeys());
          spinUntil = System.nanoTime() + SPIN_NANOS;
        } else if (spin) {
          Thread.onSpinWait();
        }
        finish();
        check();
      }
    } catch (IOException | RuntimeException | Error e) {
      LOG.error("The thread that moves TCP data has failed, and with it its endpoints", e);
      failure = new Failure(Kind.NETWORK, "the thread that moves TCP data has failed: " + e);
      channels.keySet().forEach(this::failed);
    }
  }

  private void failed(EndpointCore endpoint) {
    Failure cause = failure;
    if (cause != null) {
      endpoint.fail(cause);
      endpoint.dispatch();
    }
  }

  private void register() {
    for (EndpointCore endpoint = arrivals.poll(); endpoint != null; endpoint = arrivals.poll()) {
      SocketChannel channel = channels.get(endpoint);
      try {
        if (channel != null) {
          channel.register(selector, SelectionKey.OP_READ | SelectionKey.OP_WRITE, endpoint);
        }
      } catch (ClosedChannelException e) {
        channels.remove(endpoint);
      }
    }
  }

  private void serve(Set<SelectionKey> selected) {
    for (SelectionKey key : selected) {
      var endpoint = (EndpointCore) key.attachment();
      int rounds = 0;
      while (endpoint.progress() >= Conversation.POLL_LIMIT) {
        if (++rounds == MAX_ROUNDS) {
          unfinished.add(endpoint);
          break;
        }
      }
      endpoint.lock.lock();
      try {
        boolean wantsWrite = endpoint.conversation.lane.hasUnsent();
        boolean over = endpoint.conversation.ended() != null;
        key.interestOps(
            (over ? 0 : SelectionKey.OP_READ) | (wantsWrite ? SelectionKey.OP_WRITE : 0));
      } catch (CancelledKeyException e) {
        LOG.trace("{} has ended meanwhile", endpoint.link);
      } finally {
        endpoint.lock.unlock();
      }
    }
    selected.clear();
  }

  private void finish() {
    for (EndpointCore core = attention.poll(); core != null; core = attention.poll()) {
      core.dispatch();
    }
    if (!unfinished.isEmpty()) {
      unfinished.removeIf(endpoint -> endpoint.progress() < Conversation.POLL_LIMIT);
    }
  }

  private void check() {
    long now = System.nanoTime();
    if (now - nextCheck >= 0) {
      nextCheck = now + CHECK_NANOS;
      channels.keySet().forEach(endpoint -> endpoint.tick(now));
    }
  }

  @Override
  public void close() {
    closed = true;
    selector.wakeup();
    Threads.joinUninterruptibly(thread);
    try {
      selector.close();
    } catch (IOException e) {
      LOG.warn("A selector could not be closed", e);
    }
  }
}
