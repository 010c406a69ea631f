package io.verbena;

import io.verbena.TransportException.Kind;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts endpoints on a TCP port. Up to 128 handshakes run beside each other, each with a
 * deadline, so that a silent or foreign peer holds up nobody, and many of them hold up others for
 * that time only.
 *
 * <p>Thread-safe. Closing it ends endpoints that nobody has accepted yet; accepted ones live on.
 */
public final class Listener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Listener.class);

  /** Bounds what strangers can make us hold: sockets and threads in handshakes, ready endpoints. */
  private static final int MAX_HANDSHAKES = 128;

  private static final int MAX_READY = 1024;

  /** Pause after a failed accept, so that a shortage of descriptors does not burn a core. */
  private static final long RETRY_MILLIS = 50;

  /** Makes an endpoint of an accepted connection. */
  interface Acceptor {
    /** Owns the channel, also when it fails. */
    Endpoint accept(SocketChannel channel) throws IOException;
  }

  private final ServerSocketChannel server;
  private final InetSocketAddress address;
  private final Acceptor acceptor;
  private final Consumer<Listener> onClosed;
  private final Duration acceptTimeout;
  private final LinkedBlockingQueue<Endpoint> ready = new LinkedBlockingQueue<>(MAX_READY);
  private final Semaphore handshakes = new Semaphore(MAX_HANDSHAKES);
  private final Set<SocketChannel> inHandshake = ConcurrentHashMap.newKeySet();
  private final Set<Thread> workers = ConcurrentHashMap.newKeySet();
  private final Thread thread;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final CountDownLatch ended = new CountDownLatch(1);

  Listener(
      ServerSocketChannel server,
      Acceptor acceptor,
      Duration acceptTimeout,
      Consumer<Listener> onClosed)
      throws IOException {
    this.server = server;
    this.address = (InetSocketAddress) server.getLocalAddress();
    this.acceptor = acceptor;
    this.acceptTimeout = acceptTimeout;
    this.onClosed = onClosed;
    this.thread = Thread.ofVirtual().name("verbena-listener").start(this::run);
  }

  /**
   * Where this listener listens.
   *
   * @return the bound address, with the real port if 0 was asked for
   */
  public InetSocketAddress address() {
    return address;
  }

  /**
   * Waits for the next endpoint up to the configured operation timeout.
   *
   * @return a connected endpoint, owned by the caller
   * @throws TransportException with {@link Kind#TIMEOUT}, or {@link Kind#CLOSED}
   */
  public Endpoint accept() throws TransportException {
    return accept(acceptTimeout);
  }

  /**
   * Waits for the next endpoint.
   *
   * @param timeout how long to wait
   * @return a connected endpoint, owned by the caller
   * @throws TransportException with {@link Kind#TIMEOUT}, or {@link Kind#CLOSED}
   */
  public Endpoint accept(Duration timeout) throws TransportException {
    long deadline = System.nanoTime() + Timeouts.nanos(timeout);
    try {
      while (true) {
        if (closed.get()) {
          throw new TransportException(Kind.CLOSED, "the listener is closed");
        }
        long left = deadline - System.nanoTime();
        // Short waits, so that closing the listener ends them.
        Endpoint endpoint =
            ready.poll(Math.min(left, TimeUnit.MILLISECONDS.toNanos(50)), TimeUnit.NANOSECONDS);
        if (endpoint != null) {
          return endpoint;
        }
        if (left <= 0) {
          throw new TransportException(Kind.TIMEOUT, "accept: nobody connected to " + address);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransportException(Kind.TIMEOUT, "accept: the waiting thread was interrupted", e);
    }
  }

  private void run() {
    while (!closed.get()) {
      try {
        handshakes.acquire();
        SocketChannel channel = server.accept();
        inHandshake.add(channel);
        Thread worker =
            Thread.ofVirtual().name("verbena-handshake").unstarted(() -> shake(channel));
        workers.add(worker);
        worker.start();
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        handshakes.release();
        LOG.warn("A connection to {} could not be accepted: {}", address, e.getMessage());
        pause();
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void pause() {
    try {
      Thread.sleep(RETRY_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void shake(SocketChannel channel) {
    Endpoint endpoint = null;
    boolean isEndpoint = false;
    try {
      endpoint = acceptor.accept(channel);
      isEndpoint = true;
      // From here on the channel is the endpoint's: closing the listener must not close it.
      inHandshake.remove(channel);
      while (!closed.get()) {
        if (ready.offer(endpoint, 50, TimeUnit.MILLISECONDS)) {
          endpoint = null;
          break;
        }
      }
    } catch (IOException e) {
      if (!closed.get()) {
        LOG.info("A connection to {} was not accepted: {}", address, e.getMessage());
      }
    } catch (RuntimeException e) {
      LOG.warn("A connection to {} was not accepted", address, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (!isEndpoint) {
        close(channel);
      }
      inHandshake.remove(channel);
      handshakes.release();
      if (endpoint != null) {
        endpoint.close();
      }
      workers.remove(Thread.currentThread());
    }
  }

  /**
   * Stops listening, ends handshakes and closes endpoints that nobody accepted. Idempotent; when it
   * returns all of that is done, also if another thread has begun it.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      Threads.awaitUninterruptibly(ended);
      return;
    }
    try {
      close(server);
      // With too many of them under way the accepting thread waits for one to end.
      inHandshake.forEach(Listener::close);
      Threads.joinUninterruptibly(thread);
      // What it has accepted meanwhile.
      inHandshake.forEach(Listener::close);
      workers.forEach(Threads::joinUninterruptibly);
      List<Endpoint> unwanted = new ArrayList<>();
      ready.drainTo(unwanted);
      Endpoint.closeAll(unwanted);
    } finally {
      onClosed.accept(this);
      ended.countDown();
    }
  }

  private static void close(@Nullable AutoCloseable channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (Exception e) {
      LOG.debug("A socket could not be closed", e);
    }
  }
}
