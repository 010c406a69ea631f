package io.verbena.samples.files;

import java.io.Console;
import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Shows how far a transfer is: on a terminal one line that changes, elsewhere a line for each
 * quarter.
 */
final class ProgressBar {
  private static final int WIDTH = 30;
  private static final long REDRAW_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final int STEPS = 4;

  private final String what;
  private final long total;
  private final PrintStream out;
  private final boolean live;
  private final long began = System.nanoTime();
  private long drawn = began - REDRAW_NANOS;
  private int steps;

  ProgressBar(String what, long total, PrintStream out) {
    this(what, total, out, isTerminal());
  }

  ProgressBar(String what, long total, PrintStream out, boolean live) {
    this.what = what;
    this.total = total;
    this.out = out;
    this.live = live;
  }

  @SuppressWarnings("SystemConsoleNull") // It still may be null.
  private static boolean isTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  /** Shows that so many bytes of all are through. */
  void show(long bytes) {
    long now = System.nanoTime();
    boolean complete = bytes == total;
    if (live && (complete || now - drawn >= REDRAW_NANOS)) {
      drawn = now;
      out.print("\r" + line(bytes, now - began) + "  " + (complete ? "\n" : ""));
      out.flush();
    } else if (!live && bytes >= total / STEPS * (steps + 1)) {
      steps = total == 0 ? STEPS : (int) (bytes / Math.max(1, total / STEPS));
      out.println(line(bytes, now - began));
    }
  }

  /** Leaves what is shown as it is, for a message below. */
  void stop() {
    if (live) {
      out.println();
    }
  }

  private String line(long bytes, long nanos) {
    double part = total == 0 ? 1 : (double) bytes / total;
    int full = (int) (part * WIDTH);
    double rate = nanos == 0 ? 0 : bytes * 1e9 / nanos;
    long left = rate == 0 ? 0 : (long) ((double) (total - bytes) / rate);
    return String.format(
        Locale.ROOT,
        "%s [%s%s] %3.0f %% of %s, %s/s, %d s left",
        what,
        "#".repeat(full),
        " ".repeat(WIDTH - full),
        100 * part,
        size((double) total),
        size(rate),
        left);
  }

  private static String size(double bytes) {
    if (bytes < 1024) {
      return String.format(Locale.ROOT, "%.0f B", bytes);
    }
    return bytes < 1 << 20
        ? String.format(Locale.ROOT, "%.1f KiB", bytes / 1024)
        : String.format(Locale.ROOT, "%.1f MiB", bytes / (1 << 20));
  }
}
