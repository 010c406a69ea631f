package io.verbena;

import io.verbena.TransportException.Kind;
import io.verbena.lane.tcp.TcpLane;
import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
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
  private final EndpointQueue attention = new EndpointQueue();
  private final EndpointQueue newStreams = new EndpointQueue();
  private final Consumer<SelectionKey> serve = this::serve;
  private final Thread thread;

  /** Endpoints with frames left in their lanes' buffers, of which the selector knows nothing. */
  private final Set<EndpointCore> unfinished = new HashSet<>();

  /** Endpoints that send a stream, whose last frames somebody has to flush. */
  private final List<EndpointCore> streams = new ArrayList<>();

  /** Endpoints whose callers read for themselves while they wait; their keys do not. */
  private final List<SelectionKey> lent = new ArrayList<>();

  private volatile boolean asleep;
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
    if (endpoint.conversation.lane instanceof TcpLane lane && lane.isDeferring()) {
      if (!endpoint.streaming) {
        endpoint.streaming = true;
        newStreams.add(endpoint);
        if (asleep) {
          selector.wakeup();
        }
      }
      return;
    }
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

  /** The caller that read for itself goes to sleep. */
  @Override
  public boolean reclaim(EndpointCore endpoint) {
    SocketChannel channel = channels.get(endpoint);
    SelectionKey key = channel == null ? null : channel.keyFor(selector);
    if (key != null) {
      listenTo(key, endpoint);
      selector.wakeup();
    }
    return false;
  }

  private static void listenTo(SelectionKey key, EndpointCore endpoint) {
    endpoint.polls.takeBack();
    try {
      key.interestOpsOr(SelectionKey.OP_READ);
    } catch (CancelledKeyException e) {
      LOG.trace("{} has ended meanwhile", endpoint.link);
    }
  }

  @Override
  @SuppressWarnings("ThreadPriorityCheck") // Those who send and receive go first.
  public void run() {
    long spinUntil = System.nanoTime();
    try {
      while (!closed) {
        register();
        long now = System.nanoTime();
        int ready;
        if (now - spinUntil < 0 || !unfinished.isEmpty() || !streams.isEmpty()) {
          ready = selector.selectNow(serve);
          if (ready == 0) {
            Thread.yield();
          }
        } else {
          ready = sleep(now);
        }
        if (ready > 0) {
          spinUntil = System.nanoTime() + SPIN_NANOS;
        }
        finish();
        flushStreams();
        takeBack();
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

  private int sleep(long now) throws IOException {
    asleep = true;
    try {
      if (!newStreams.isEmpty()) {
        return 0;
      }
      long most = lent.isEmpty() ? nextCheck - now : CallerPolls.LENT_NANOS;
      return selector.select(serve, Math.max(1, TimeUnit.NANOSECONDS.toMillis(most)));
    } finally {
      asleep = false;
    }
  }

  /** Flushes what the senders of streams have left behind when they paused. */
  private void flushStreams() {
    for (EndpointCore each = newStreams.poll(); each != null; each = newStreams.poll()) {
      streams.add(each);
    }
    if (streams.isEmpty()) {
      return;
    }
    long now = System.nanoTime();
    for (int i = streams.size() - 1; i >= 0; i--) {
      EndpointCore endpoint = streams.get(i);
      if (endpoint.conversation.lane instanceof TcpLane lane && lane.isStreaming(now)) {
        continue;
      }
      endpoint.lock.lock();
      try {
        endpoint.streaming = false;
      } finally {
        endpoint.lock.unlock();
      }
      if (endpoint.progress() >= Conversation.POLL_LIMIT) {
        unfinished.add(endpoint);
      }
      wakeFor(endpoint);
      int last = streams.size() - 1;
      streams.set(i, streams.get(last));
      streams.remove(last);
    }
  }

  private static void wakeFor(EndpointCore endpoint) {
    endpoint.lock.lock();
    try {
      endpoint.wakeDriver();
    } finally {
      endpoint.lock.unlock();
    }
  }

  private void takeBack() {
    if (lent.isEmpty()) {
      return;
    }
    long now = System.nanoTime();
    for (int i = lent.size() - 1; i >= 0; i--) {
      SelectionKey key = lent.get(i);
      var endpoint = (EndpointCore) key.attachment();
      if (endpoint.polls.isLent() && endpoint.polls.isActiveOrWas(now)) {
        continue;
      }
      listenTo(key, endpoint);
      int last = lent.size() - 1;
      lent.set(i, lent.get(last));
      lent.remove(last);
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

  private void serve(SelectionKey key) {
    var endpoint = (EndpointCore) key.attachment();
    try {
      if (key.isWritable() || !lend(key, endpoint)) {
        serve(key, endpoint);
      }
    } catch (CancelledKeyException e) {
      LOG.trace("{} has ended meanwhile", endpoint.link);
    }
  }

  /** Leaves reading to a caller that does it itself while it waits. */
  private boolean lend(SelectionKey key, EndpointCore endpoint) {
    if (!endpoint.polls.isActive()) {
      return false;
    }
    key.interestOpsAnd(~SelectionKey.OP_READ);
    if (!endpoint.polls.lend()) {
      listenTo(key, endpoint);
      return false;
    }
    lent.add(key);
    return true;
  }

  private void serve(SelectionKey key, EndpointCore endpoint) {
    int rounds = 0;
    while (endpoint.progress() >= Conversation.POLL_LIMIT) {
      if (++rounds == MAX_ROUNDS) {
        unfinished.add(endpoint);
        break;
      }
    }
    endpoint.lock.lock();
    try {
      TcpLane lane = (TcpLane) endpoint.conversation.lane;
      boolean wantsWrite = lane.hasUnsent() && !(lane.isDeferring() && endpoint.streaming);
      boolean over = endpoint.conversation.ended() != null;
      key.interestOps(
          (over || endpoint.polls.isLent() ? 0 : SelectionKey.OP_READ)
              | (wantsWrite ? SelectionKey.OP_WRITE : 0));
    } finally {
      endpoint.lock.unlock();
    }
  }

  private void finish() {
    for (EndpointCore core = attention.poll(); core != null; core = attention.poll()) {
      if (core.progress() >= Conversation.POLL_LIMIT) {
        unfinished.add(core);
      }
    }
    if (!unfinished.isEmpty()) {
      unfinished.removeIf(endpoint -> endpoint.progress() < Conversation.POLL_LIMIT);
    }
  }

  private void check() {
    long now = System.nanoTime();
    if (now - nextCheck >= 0) {
      nextCheck = now + CHECK_NANOS;
      for (EndpointCore each : channels.keySet()) {
        each.tick(now);
      }
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
