package io.verbena.collective.launch;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;

/** Reads what a launcher left in the environment. */
final class Variables {
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private Variables() {}

  /** Any timeout in nanoseconds that the clock can still count. */
  static long nanos(Duration timeout) {
    return timeout.compareTo(LONGEST) > 0 ? LONGEST.toNanos() : Math.max(0, timeout.toNanos());
  }

  static byte[] requireValue(byte[] value) {
    if (value.length > Job.MAX_VALUE_BYTES) {
      throw new IllegalArgumentException(
          "a value of %d bytes, at most %d may be".formatted(value.length, Job.MAX_VALUE_BYTES));
    }
    return value;
  }

  static int number(Map<String, String> environment, String name, int least)
      throws LaunchException {
    String text = environment.get(name);
    if (text == null) {
      throw new LaunchException(name + " is not set");
    }
    try {
      int number = Integer.parseInt(text.strip());
      if (number >= least) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new LaunchException("%s is '%s', not a number from %d on".formatted(name, text, least));
  }

  /** Of rank and size, that they fit together. */
  static void requireRank(int rank, int size, String rankName, String sizeName)
      throws LaunchException {
    if (rank >= size) {
      throw new LaunchException(
          "%s is %d, and %s only %d".formatted(rankName, rank, sizeName, size));
    }
  }

  static InetSocketAddress address(String name, String text) throws LaunchException {
    int colon = text.lastIndexOf(':');
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (colon > 0 && port > 0 && port <= 0xffff) {
        String host = text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        return InetSocketAddress.createUnresolved(
            bracketed ? host.substring(1, host.length() - 1) : host, port);
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new LaunchException("%s is '%s', not HOST:PORT".formatted(name, text));
  }
}
