package io.verbena.samples.demo;

import java.time.Duration;

/** Ends a process that takes far too long. */
final class Watchdog {
  private Watchdog() {}

  static void start(Duration deadline) {
    Thread.ofPlatform().daemon().name("watchdog").start(() -> watch(deadline));
  }

  private static void watch(Duration deadline) {
    try {
      Thread.sleep(deadline);
    } catch (InterruptedException e) {
      return;
    }
    System.err.println("verbena: demo: not done after %d s".formatted(deadline.toSeconds()));
    Runtime.getRuntime().halt(1);
  }
}
