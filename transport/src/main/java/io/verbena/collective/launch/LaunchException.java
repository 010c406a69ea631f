package io.verbena.collective.launch;

import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The processes that were started together did not come together. */
public class LaunchException extends IOException {
  private static final long serialVersionUID = 1;

  private static final int NAMED = 20;

  @SuppressWarnings("serial") // An immutable list of the JDK, which can be written.
  private final List<Integer> missing;

  LaunchException(String message, List<Integer> missing, @Nullable Throwable cause) {
    super(message, cause);
    this.missing = List.copyOf(missing);
  }

  LaunchException(String message) {
    this(message, List.of(), null);
  }

  LaunchException(String message, Throwable cause) {
    this(message, List.of(), cause);
  }

  static LaunchException ofMissing(List<Integer> missing, int size, Duration timeout) {
    String when =
        "within %s s"
            .formatted(
                BigDecimal.valueOf(timeout.toMillis(), 3).stripTrailingZeros().toPlainString());
    if (missing.isEmpty()) {
      return new LaunchException(
          "not all of %d processes came %s; the launcher does not say which".formatted(size, when));
    }
    return new LaunchException(
        "%d of %d processes did not come %s: %s"
            .formatted(missing.size(), size, when, names(missing)),
        missing,
        null);
  }

  /**
   * Names ranks for people.
   *
   * @param ranks at least one
   * @return {@code rank 1}, {@code ranks 1, 4, 7 and 12 more}
   */
  public static String names(List<Integer> ranks) {
    String named =
        ranks.stream().limit(NAMED).map(String::valueOf).collect(Collectors.joining(", "));
    String more = ranks.size() > NAMED ? " and " + (ranks.size() - NAMED) + " more" : "";
    return Stream.of(ranks.size() == 1 ? "rank " : "ranks ", named, more)
        .collect(Collectors.joining());
  }

  /**
   * Who did not come in time.
   *
   * @return ranks in order; empty if something else went wrong
   */
  public List<Integer> missing() {
    return missing;
  }
}
