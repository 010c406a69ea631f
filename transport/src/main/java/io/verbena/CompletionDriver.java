package io.verbena;

import io.verbena.TransportException.Kind;
import io.verbena.lane.rdma.RdmaHub;
import io.verbena.verbs.VerbsException;
import java.time.Duration;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that moves the data of all endpoints on RDMA lanes, asleep on their channel when idle.
 */
final class CompletionDriver implements Driver, Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(CompletionDriver.class);

  /** Completions of each group of lanes in one go. */
  private static final int POLL_LIMIT = 64;

  /**
   * Bounds of how long to spin before sleeping. The longest is longer than a round trip; where the
   * peer's process may be waiting for this very core, it is shorter than a switch to it costs.
   */
  private static final long SHORTEST_SPIN_NANOS = TimeUnit.MICROSECONDS.toNanos(2);

  private static final long LONGEST_SPIN_NANOS =
      TimeUnit.MICROSECONDS.toNanos(Runtime.getRuntime().availableProcessors() > 2 ? 50 : 20);

  /** Longest sleep: how late a peer's end and overdue operations are noticed when all is quiet. */
  private static final Duration LONGEST_SLEEP = Duration.ofMillis(100);

  /** While the last frames of a peer that has ended may be on their way. */
  private static final Duration SHORT_SLEEP = Duration.ofMillis(1);

  private static final Duration LENT = Duration.ofNanos(CallerPolls.LENT_NANOS);

  /** Looks at the lock's queue before others are expected to have got it. */
  private static final int LOOKS_AT_LOCK = 200;

  private final RdmaHub hub;
  private final CopyOnWriteArrayList<EndpointCore> endpoints = new CopyOnWriteArrayList<>();
  private final EndpointQueue attention = new EndpointQueue();
  private final CallerPolls polls = new CallerPolls();

  /** Of the thread alone. */
  private int listeners;

  /** Made once: it is asked a thousand times a second. */
  private final Consumer<EndpointCore> countListeners = this::countListeners;

  private final Thread thread;
  private volatile boolean closed;
  private volatile @Nullable Failure failure;

  CompletionDriver(RdmaHub hub) {
    this.hub = hub;
    this.thread = Thread.ofPlatform().name("verbena-rdma").daemon(true).start(this);
  }

  /** One for all endpoints: who looks has the lock of all. */
  @Override
  public CallerPolls callerPolls() {
    return polls;
  }

  @Override
  public boolean reclaim(EndpointCore endpoint) {
    polls.takeBack();
    hub.arm();
    // What arrived before the arming is announced to nobody.
    boolean delivered = hub.poll(POLL_LIMIT) > 0;
    return delivered || endpoint.conversation.failed();
  }

  @Override
  public void attach(EndpointCore endpoint) {
    endpoints.add(endpoint);
    // The first poll tells the lane who wants its events.
    endpoint.progress();
    // Its group of lanes may be new, and nobody has armed that.
    hub.wakeup();
    failed(endpoint);
  }

  /** Nothing: when the adapter has room again, a completion says so. */
  @Override
  public void wake(EndpointCore endpoint) {}

  @Override
  public void attend(EndpointCore endpoint) {
    attention.add(endpoint);
    polls.takeBack();
    hub.wakeup();
  }

  @Override
  public boolean isOwnThread() {
    return Thread.currentThread() == thread;
  }

  @Override
  public void detach(EndpointCore endpoint) {
    endpoints.remove(endpoint);
  }

  @Override
  public void run() {
    long spin = LONGEST_SPIN_NANOS;
    long spinUntil = System.nanoTime() + spin;
    long nextCheck = System.nanoTime();
    Duration sleep = LONGEST_SLEEP;
    try {
      while (!closed) {
        for (EndpointCore core = attention.poll(); core != null; core = attention.poll()) {
          core.dispatch();
        }
        boolean lent = lend();
        boolean busy = !lent && poll() > 0;
        long now = System.nanoTime();
        if (now - nextCheck >= 0) {
          sleep = hub.checkPeers() ? SHORT_SLEEP : LONGEST_SLEEP;
          nextCheck = now + sleep.toNanos();
          endpoints.forEach(endpoint -> endpoint.tick(now));
        }
        if (lent) {
          hub.await(LENT);
        } else if (busy) {
          spinUntil = now + spin;
          giveWay();
        } else if (now - spinUntil < 0) {
          Thread.onSpinWait();
          giveWay();
        } else {
          hub.arm();
          // What arrived before the arming is announced to nobody.
          if (hub.poll(POLL_LIMIT) > 0) {
            // Spinning a little longer would have saved the arming.
            spin = Math.min(2 * spin, LONGEST_SPIN_NANOS);
          } else {
            spin = Math.max(spin / 2, SHORTEST_SPIN_NANOS);
            long slept = System.nanoTime();
            hub.await(sleep);
            if (System.nanoTime() - slept < LONGEST_SPIN_NANOS) {
              spin = LONGEST_SPIN_NANOS;
            }
          }
          spinUntil = System.nanoTime() + spin;
        }
      }
    } catch (VerbsException | RuntimeException | Error e) {
      LOG.error("The thread that moves RDMA data has failed, and with it its endpoints", e);
      failure = new Failure(Kind.NETWORK, "the thread that moves RDMA data has failed: " + e);
      endpoints.forEach(this::failed);
    }
  }

  private int poll() {
    // A caller that looks has the lock until another thread wants it.
    return polls.isActive() ? hub.poll(POLL_LIMIT) : hub.tryPoll(POLL_LIMIT);
  }

  /** Whether all data is left to a caller that looks for it while it waits, and nobody else. */
  private boolean lend() {
    boolean wasLent = polls.isLent();
    if (!wasLent && !(polls.isActive() && polls.lend())) {
      return false;
    }
    // Whoever looks polls one group only. Others are counted each time: they may have come since.
    boolean onlyOne = !hub.hasSeveralGroups() && listeners() <= 1;
    // A fresh loan needs the one who looks to be still there: the one that was counted may sleep.
    if (onlyOne && (wasLent ? polls.isActiveOrWas(System.nanoTime()) : polls.isActive())) {
      return true;
    }
    polls.takeBack();
    return false;
  }

  private int listeners() {
    listeners = 0;
    endpoints.forEach(countListeners);
    return listeners;
  }

  private void countListeners(EndpointCore endpoint) {
    listeners += endpoint.listeners();
  }

  private void failed(EndpointCore endpoint) {
    Failure cause = failure;
    if (cause != null) {
      endpoint.fail(cause);
      endpoint.dispatch();
    }
  }

  /** A thread that polls without a pause gets the lock again before those who sleep on it wake. */
  private void giveWay() {
    for (int i = 0; i < LOOKS_AT_LOCK && hub.lock().hasQueuedThreads(); i++) {
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() {
    closed = true;
    hub.wakeup();
    Threads.joinUninterruptibly(thread);
  }
}
