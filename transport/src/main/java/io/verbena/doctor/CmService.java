package io.verbena.doctor;

import io.verbena.rdmacm.Connection;
import io.verbena.rdmacm.ConnectionException;
import io.verbena.rdmacm.ConnectionListener;
import io.verbena.rdmacm.ConnectionManager;
import io.verbena.rdmacm.ConnectionParameters;
import io.verbena.rdmacm.ConnectionRequest;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairConfig;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Accepts connections by rdma_cm, which nothing is sent over, and lets go of them soon. */
final class CmService implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CmService.class);

  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final int BACKLOG = 16;

  /** Completions of a queue pair that is not used. */
  static final int COMPLETIONS = 4;

  private final ConnectionManager manager;
  private final ConnectionListener listener;
  private final Semaphore places = new Semaphore(BACKLOG);

  private CmService(ConnectionManager manager, ConnectionListener listener) {
    this.manager = manager;
    this.listener = listener;
  }

  static CmService open() throws IOException {
    ConnectionManager manager = ConnectionManager.open();
    boolean ready = false;
    try {
      var service = new CmService(manager, listen(manager));
      // Waiting for the connection manager holds a virtual thread's carrier.
      Thread.ofPlatform().daemon().name("verbena-doctor-cm").start(service::run);
      ready = true;
      return service;
    } finally {
      if (!ready) {
        manager.close();
      }
    }
  }

  private static ConnectionListener listen(ConnectionManager manager) throws IOException {
    try {
      // Takes IPv4 too.
      return manager.listen(new InetSocketAddress(InetAddress.getByAddress(new byte[16]), 0));
    } catch (ConnectionException e) {
      return manager.listen(new InetSocketAddress(InetAddress.getByAddress(new byte[4]), 0));
    }
  }

  int port() {
    return listener.localAddress().getPort();
  }

  private void run() {
    try {
      while (true) {
        listener.await(Duration.ofDays(1)).ifPresent(this::begin);
      }
    } catch (ConnectionException e) {
      LOG.warn("No more connections by rdma_cm: {}", e.getMessage());
    } catch (IllegalStateException e) {
      LOG.debug("Closed", e);
    }
  }

  private void begin(ConnectionRequest request) {
    if (places.tryAcquire()) {
      Thread.ofPlatform().daemon().name("verbena-doctor-cm-peer").start(() -> serve(request));
    } else {
      request.close();
    }
  }

  private void serve(ConnectionRequest request) {
    try (request;
        ProtectionDomain domain = request.context().createDomain();
        CompletionQueue queue = request.context().createCompletionQueue(COMPLETIONS);
        QueuePair pair = pair(domain, queue);
        Connection connection = request.accept(pair, ConnectionParameters.defaults(), PATIENCE)) {
      connection.awaitDisconnect(PATIENCE);
    } catch (IOException | IllegalStateException | IllegalArgumentException e) {
      LOG.info("A connection by rdma_cm did not come about: {}", e.getMessage());
    } finally {
      places.release();
    }
  }

  /** As small as there are. */
  static QueuePair pair(ProtectionDomain domain, CompletionQueue queue) throws VerbsException {
    return domain.createQueuePair(
        QueuePairConfig.reliable(queue).withSendDepth(1).withReceiveDepth(1));
  }

  @Override
  public void close() {
    manager.close();
  }
}
