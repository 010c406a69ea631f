package io.verbena.collective.launch;

import java.io.IOException;
import java.net.Socket;

/**
 * Closes a connection after a while, unless this is closed before: a timeout of reads alone would
 * begin anew with each byte of a peer that says one now and then.
 */
final class Cutoff implements AutoCloseable {
  private final Thread watch;
  private volatile boolean happened;

  Cutoff(Socket connection, long millis) {
    watch =
        Thread.startVirtualThread(
            () -> {
              try {
                Thread.sleep(millis);
                happened = true;
                connection.close();
              } catch (InterruptedException | IOException e) {
                // It was in time, or has gone.
              }
            });
  }

  /** Whether the connection was closed. */
  boolean happened() {
    return happened;
  }

  @Override
  public void close() {
    watch.interrupt();
  }
}
