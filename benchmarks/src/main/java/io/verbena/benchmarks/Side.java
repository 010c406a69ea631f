package io.verbena.benchmarks;

import java.io.IOException;

/**
 * One side of a conversation. The other side is the same class in another process: one of them
 * {@link #ping}s while the other {@link #echo}es, or one {@link #stream}s and the other {@link
 * #sink}s.
 *
 * <p>Messages begin with a 64-bit number that the receiver checks.
 *
 * <p>Threads: one.
 */
interface Side extends AutoCloseable {
  /** What the last message of a ping-pong begins with. */
  long LAST = -1;

  /**
   * Sends messages and waits for each to come back; the last ends the other side's {@link #echo}.
   *
   * @param bytes length of a message
   * @param roundTripNanos takes how long each was under way; its length says how many at most
   * @param deadline when to stop early, as {@link System#nanoTime} counts
   * @return how many there were
   */
  int ping(int bytes, long[] roundTripNanos, long deadline) throws IOException;

  /** Sends back messages of a length until the last of a ping-pong. */
  void echo(int bytes) throws IOException;

  /**
   * Sends messages, one after the other, and waits until the other side has them all.
   *
   * @param bytes length of a message
   * @param count how many
   */
  void stream(int bytes, int count) throws IOException;

  /** Takes the messages of a {@link #stream} and says at the end that they are there. */
  void sink(int bytes, int count) throws IOException;

  @Override
  void close() throws IOException;

  /** Complains if a message is not the one that is due. */
  static void check(long due, long received) throws IOException {
    if (due != received) {
      throw new IOException("message " + received + " came where " + due + " was due");
    }
  }
}
