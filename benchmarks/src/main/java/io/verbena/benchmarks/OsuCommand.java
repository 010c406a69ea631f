package io.verbena.benchmarks;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import io.verbena.collective.Communicator;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** A rank of a collective, or of messages, measured and shown as the OSU micro-benchmarks do. */
@Command(
    name = "osu",
    sortOptions = false,
    description = {
      "Measures ours alone, under any launcher, as the OSU micro-benchmarks measure MPI:",
      "",
      "  mpirun -np 4 ./verbena perf osu allreduce -m 8:65536 -i 1000 -f",
      "  ./verbena run -n 2 -- ./verbena perf osu latency",
      ""
    })
final class OsuCommand implements Callable<Integer> {
  private static final Duration START_TIMEOUT = Duration.ofMinutes(1);
  private static final Pattern SIZES = Pattern.compile("(?:([0-9]{1,10}):)?([0-9]{1,10})?");
  private static final int MISUSE = 2;

  /** The longest that one array of a peer in C could have. */
  private static final long MOST_BYTES = 1L << 30;

  private static final long DEFAULT_LARGEST = 1 << 20;
  private static final long DEFAULT_LARGEST_MESSAGE = 4 << 20;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "NAME",
      converter = ByOsuName.class,
      completionCandidates = OsuNames.class,
      description = "One of ${COMPLETION-CANDIDATES}.")
  private Exercise exercise = Exercise.LATENCY;

  @Option(
      names = {"-m", "--message-size"},
      paramLabel = "[MIN:]MAX",
      description =
          "Bytes: MIN, and its doubles up to MAX; by default to 4 MiB, collectives 1 MiB.")
  private @Nullable String sizes;

  @Option(
      names = {"-i", "--iterations"},
      paramLabel = "N",
      description = "How often each is measured; by default less often above 8192 bytes.")
  private @Nullable Integer iterations;

  @Option(
      names = {"-x", "--warmup"},
      paramLabel = "N",
      description = "How often before that; by default more often before the first.")
  private @Nullable Integer warmUp;

  @Option(
      names = {"-f", "--full"},
      description = "Also show the least and the greatest mean of a rank.")
  private boolean full;

  @Option(
      names = "--rdma",
      paramLabel = "MODE",
      description = "required, preferred (the default) or off.")
  private RdmaMode rdma = RdmaMode.PREFERRED;

  @SuppressWarnings("unused") // picocli acts on it
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;

  /** For the help. */
  static final class OsuNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(Exercise.values()).map(Exercise::osuName).iterator();
    }
  }

  /** As users of theirs type it, but for the prefix. */
  static final class ByOsuName implements ITypeConverter<Exercise> {
    @Override
    public Exercise convert(String value) {
      return Arrays.stream(Exercise.values())
          .filter(each -> each.osuName().equals(value))
          .findFirst()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "'%s' is none of %s".formatted(value, String.join(", ", new OsuNames()))));
    }
  }

  @Override
  public Integer call() throws IOException {
    OsuRun.Plan plan = plan();
    var config =
        TransportConfig.defaults()
            .withRdma(rdma)
            // An emulated processor is ten times slower than a real one.
            .withConnectTimeout(Duration.ofSeconds(30))
            .withProbeTimeout(Duration.ofSeconds(10));
    try (Communicator world = Communicator.world(config, START_TIMEOUT)) {
      String wrong = wrongNumber(world.size());
      if (wrong.isEmpty()) {
        new OsuRun(world, plan, System.out).run();
        return 0;
      }
      if (world.rank() == 0) {
        throw misuse(wrong);
      }
      return MISUSE;
    }
  }

  private String wrongNumber(int ranks) {
    if (ranks >= 2 && (ranks == 2 || !exercise.isOfPairs())) {
      return "";
    }
    return "%s takes %s, not %d: ./verbena run -n 2 -- ./verbena perf osu %s"
        .formatted(
            exercise.osuName(),
            exercise.isOfPairs() ? "2 ranks" : "2 or more ranks",
            ranks,
            exercise.osuName());
  }

  private OsuRun.Plan plan() {
    long least = exercise.isOfNumbers() ? Float.BYTES : 1;
    long most = exercise.isOfPairs() ? DEFAULT_LARGEST_MESSAGE : DEFAULT_LARGEST;
    long first = least;
    if (sizes != null) {
      Matcher matcher = SIZES.matcher(sizes);
      if (!matcher.matches() || sizes.isEmpty()) {
        throw misuse("-m is MAX, MIN: or MIN:MAX, not '%s'".formatted(sizes));
      }
      first = matcher.group(1) == null ? least : Math.max(least, Long.parseLong(matcher.group(1)));
      most = matcher.group(2) == null ? most : Long.parseLong(matcher.group(2));
    }
    if (first > most || most > MOST_BYTES || first % least != 0) {
      throw misuse(
          "-m %s: sizes are %s%d to %d"
              .formatted(
                  sizes, least > 1 ? "multiples of " + least + ", " : "", least, MOST_BYTES));
    }
    if ((iterations != null && iterations < 1) || (warmUp != null && warmUp < 0)) {
      throw misuse("-i is at least 1, -x at least 0");
    }
    return new OsuRun.Plan(exercise, first, most, iterations, warmUp, full);
  }

  private ParameterException misuse(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
