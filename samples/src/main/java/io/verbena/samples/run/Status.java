package io.verbena.samples.run;

import java.util.Map;

/** Exit statuses in words. */
final class Status {
  /** What is above it says which signal ended a process, by the convention of shells. */
  private static final int SIGNALLED = 128;

  private static final Map<Integer, String> SIGNALS =
      Map.ofEntries(
          Map.entry(1, "SIGHUP"),
          Map.entry(2, "SIGINT"),
          Map.entry(3, "SIGQUIT"),
          Map.entry(4, "SIGILL"),
          Map.entry(6, "SIGABRT"),
          Map.entry(8, "SIGFPE"),
          Map.entry(9, "SIGKILL"),
          Map.entry(11, "SIGSEGV"),
          Map.entry(13, "SIGPIPE"),
          Map.entry(15, "SIGTERM"));

  private Status() {}

  /** For people: {@code ended with status 137 (SIGKILL)}. */
  static String words(int status) {
    String signal = SIGNALS.get(status - SIGNALLED);
    return "ended with status " + status + (signal == null ? "" : " (" + signal + ")");
  }
}
