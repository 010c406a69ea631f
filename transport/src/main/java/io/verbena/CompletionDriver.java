package io.verbena;

import io.verbena.lane.rdma.RdmaAdapter;
import io.verbena.lane.rdma.RdmaLane;
import io.verbena.verbs.VerbsException;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that moves the data of all endpoints on RDMA lanes, asleep on their channel when idle.
 */
final class CompletionDriver implements Driver, Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(CompletionDriver.class);

  /** Longer than a round trip, shorter than what a scheduler lets the peer's process wait. */
  private static final long SPIN_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

  /** Longest sleep: how late a peer's end and overdue operations are noticed when all is quiet. */
  private static final Duration LONGEST_SLEEP = Duration.ofMillis(100);

  private final RdmaAdapter adapter;
  private final CopyOnWriteArrayList<EndpointCore> endpoints = new CopyOnWriteArrayList<>();
  private final Queue<EndpointCore> attention = new ConcurrentLinkedQueue<>();
  private final Thread thread;
  private volatile boolean closed;

  CompletionDriver(RdmaAdapter adapter) {
    this.adapter = adapter;
    this.thread = Thread.ofPlatform().name("verbena-rdma").daemon(true).start(this);
  }

  @Override
  public void attach(EndpointCore endpoint) {
    endpoints.add(endpoint);
    adapter.channel().wakeup();
  }

  /** Nothing: when the adapter has room again, a completion says so. */
  @Override
  public void wake(EndpointCore endpoint) {}

  @Override
  public void attend(EndpointCore endpoint) {
    attention.add(endpoint);
    adapter.channel().wakeup();
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
    long spinUntil = System.nanoTime();
    try {
      while (!closed) {
        if (pollAll() > 0) {
          spinUntil = System.nanoTime() + SPIN_NANOS;
        } else if (System.nanoTime() - spinUntil < 0) {
          Thread.onSpinWait();
        } else {
          armAll();
          // What arrived before the arming is announced to nobody.
          if (pollAll() == 0) {
            adapter.channel().await(LONGEST_SLEEP);
          }
          long now = System.nanoTime();
          endpoints.forEach(endpoint -> endpoint.tick(now));
        }
      }
    } catch (VerbsException | RuntimeException e) {
      LOG.error("The thread that moves RDMA data has failed; its endpoints will time out", e);
    }
  }

  private int pollAll() {
    int events = 0;
    for (EndpointCore core = attention.poll(); core != null; core = attention.poll()) {
      core.dispatch();
    }
    for (EndpointCore endpoint : endpoints) {
      events += endpoint.progress();
    }
    return events;
  }

  private void armAll() {
    for (EndpointCore endpoint : endpoints) {
      endpoint.lock.lock();
      try {
        if (!endpoint.isClosed() && endpoint.conversation.lane instanceof RdmaLane lane) {
          lane.arm();
        }
      } finally {
        endpoint.lock.unlock();
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    adapter.channel().wakeup();
    Threads.joinUninterruptibly(thread);
  }
}
