package io.verbena;

/** Waiting for threads that are sure to end. */
final class Threads {
  private Threads() {}

  /** Joins a thread and keeps an interrupt for the caller. */
  static void joinUninterruptibly(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
