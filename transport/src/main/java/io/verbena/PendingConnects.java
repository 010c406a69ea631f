package io.verbena;

import io.verbena.TransportException.Kind;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The connects of a transport that are under way, so that closing it ends them. Thread-safe. */
final class PendingConnects implements Dialer.Owner {
  private static final Logger LOG = LoggerFactory.getLogger(PendingConnects.class);

  private static final long ABORT_STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final Set<SocketChannel> channels = ConcurrentHashMap.newKeySet();
  private volatile boolean aborted;

  @Override
  public void dialing(SocketChannel channel) throws TransportException {
    channels.add(channel);
    // After that, so that aborting finds the channel, or this that it has begun.
    if (aborted) {
      throw new TransportException(Kind.CLOSED, "the transport is closed");
    }
  }

  @Override
  public void dialed(SocketChannel channel) {
    channels.remove(channel);
  }

  /** Ends all and waits for it: handshakes use the adapters. No more are begun. */
  void abort() {
    aborted = true;
    while (!channels.isEmpty()) {
      for (SocketChannel channel : channels) {
        try {
          channel.close();
        } catch (IOException e) {
          LOG.debug("A socket could not be closed", e);
        }
      }
      LockSupport.parkNanos(ABORT_STEP_NANOS);
    }
  }
}
