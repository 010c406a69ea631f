package io.verbena.collective.launch;

import java.time.Duration;

/**
 * The processes that a launcher started together, and what they tell each other before they are
 * connected. One thread at a time; not a virtual thread, since some launchers' libraries block.
 */
public interface Job extends AutoCloseable {
  /** What a process can tell the others at most, in bytes: launchers have limits of their own. */
  int MAX_VALUE_BYTES = 400;

  /**
   * By which way this process was told who it is.
   *
   * @return for people: {@code PMIx}
   */
  String launcher();

  /**
   * Which of the processes this is.
   *
   * @return from 0, below {@link #size}
   */
  int rank();

  /**
   * How many processes there are.
   *
   * @return at least 1
   */
  int size();

  /**
   * Tells the others something and waits until all have done so. Once.
   *
   * @param mine at most {@link #MAX_VALUE_BYTES} bytes, read before this returns
   * @param timeout how long the others may take
   * @throws LaunchException if not all have come in time, with those who are missing, or if the
   *     launcher failed
   */
  void exchange(byte[] mine, Duration timeout) throws LaunchException;

  /**
   * What another process told in {@link #exchange}.
   *
   * @param rank of that process
   * @return its bytes, the caller's
   * @throws LaunchException if the launcher fails
   */
  byte[] valueOf(int rank) throws LaunchException;

  /**
   * Asks the launcher to end all processes. It may end this one before this returns; where it does
   * not, the caller is to end.
   *
   * @param status for the launcher's own exit status
   * @param reason for people, where the launcher shows it
   */
  void abort(int status, String reason);

  /** Says goodbye to the launcher; never throws. */
  @Override
  void close();
}
