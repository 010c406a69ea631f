package io.verbena.benchmarks;

import java.io.IOException;

/**
 * One side of a conversation in which one message is under way at a time. The other side is the
 * same class in another process.
 *
 * <p>Threads: one.
 */
interface PingPong extends AutoCloseable {
  /** Length of a message. */
  int MESSAGE_BYTES = 64;

  /** Longs in a message: the sender writes them all, the receiver looks at the first. */
  int MESSAGE_LONGS = MESSAGE_BYTES / Long.BYTES;

  /** What the last message of a round begins with. */
  long LAST = -1;

  /**
   * Sends messages and waits for each to come back; the last ends the other side's {@link #echo}.
   *
   * @param roundTripNanos takes how long each was under way; its length says how many at most
   * @param deadline when to stop early, as {@link System#nanoTime} counts
   * @return how many there were
   */
  int ping(long[] roundTripNanos, long deadline) throws IOException;

  /** Sends back messages until the last of a round. */
  void echo() throws IOException;

  @Override
  void close() throws IOException;

  /** Complains if the message that came back is not the one that was sent. */
  static void check(long sent, long received) throws IOException {
    if (sent != received) {
      throw new IOException("message " + sent + " came back as " + received);
    }
  }
}
