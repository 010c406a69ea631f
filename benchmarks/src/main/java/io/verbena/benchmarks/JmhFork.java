package io.verbena.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Measures one method of a JMH class in a fresh JVM.
 *
 * @param type the class
 * @param method its method
 * @param parameters values of its parameters
 * @param jvmArguments what the JVM is started with
 */
record JmhFork(
    Class<?> type, String method, Map<String, String> parameters, List<String> jvmArguments) {
  /** An object has at least 16 bytes; what is less comes from JMH's own threads. */
  static final double NOTHING_BYTES = 0.01;

  private static final String ALLOCATION = "gc.alloc.rate.norm";

  /** What a fork says: the medians of its iterations. */
  record Measurement(double nanos, double bytes) {}

  /**
   * Measures.
   *
   * @param quick whether fewer iterations will do
   * @param log where JMH writes what happens
   */
  Measurement run(boolean quick, Path log) throws IOException {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("^" + Pattern.quote(type.getName() + "." + method) + "$")
            .forks(1)
            .warmupIterations(5)
            .warmupTime(TimeValue.milliseconds(200))
            .measurementIterations(quick ? 10 : 30)
            .measurementTime(TimeValue.milliseconds(30))
            .addProfiler(GCProfiler.class)
            .jvmArgsAppend(jvmArguments.toArray(String[]::new))
            .shouldFailOnError(true)
            .verbosity(VerboseMode.NORMAL)
            .output(log.toString());
    parameters.forEach(options::param);
    try {
      RunResult run = new Runner(options.build()).runSingle();
      return new Measurement(
          median(run, IterationResult::getPrimaryResult),
          median(run, iteration -> iteration.getSecondaryResults().get(ALLOCATION)));
    } catch (RunnerException e) {
      throw new IOException(
          "JMH could not measure %s.%s: %s".formatted(type.getSimpleName(), method, reason(e, log)),
          e);
    }
  }

  /** What went wrong in the fork, which JMH only logs. */
  private static String reason(RunnerException e, Path log) throws IOException {
    if (!Files.exists(log)) {
      return String.valueOf(e.getMessage());
    }
    return Files.readAllLines(log).stream()
        .dropWhile(line -> !line.contains("<failure>"))
        .skip(1)
        .filter(line -> !line.isBlank())
        .findFirst()
        .orElse(String.valueOf(e.getMessage()));
  }

  private static double median(RunResult run, Function<IterationResult, Result<?>> value) {
    return Comparison.median(
        run.getBenchmarkResults().stream()
            .flatMap(fork -> fork.getIterationResults().stream())
            .map(value)
            // An iteration in which the machine did something else has no bytes per operation.
            .filter(Objects::nonNull)
            .mapToDouble(Result::getScore)
            .toArray());
  }
}
