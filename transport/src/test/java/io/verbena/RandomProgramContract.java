package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random programs against a model of what a connection is. One that fails is printed, and made
 * shorter; {@code -Dverbena.program=}its name runs it alone.
 */
@Timeout(300)
abstract class RandomProgramContract {
  private static final @Nullable String WANTED = System.getProperty("verbena.program");

  /** How long shorter programs are tried for one that failed. */
  private static final Duration SHORTENING = Duration.ofSeconds(40);

  abstract TransportConfig clientConfig();

  abstract TransportConfig serverConfig();

  /** The first seed, and how many follow. */
  abstract long firstSeed();

  abstract int count();

  /** How many have to run in time, on a machine that has other things to do as well. */
  int required() {
    return 100;
  }

  /** When to stop though not all have run. */
  Duration enough() {
    return Duration.ofSeconds(60);
  }

  @Test
  void shouldDoWhatTheModelSays() {
    try (var run = new ProgramRun(clientConfig(), serverConfig())) {
      if (WANTED != null) {
        require(run, RandomProgram.named(WANTED));
        return;
      }
      require(run, RandomProgram.of(firstSeed()));
      // The first one has opened everything, which takes long on an emulated processor.
      long end = System.nanoTime() + enough().toNanos();
      int done = 1;
      for (; done < count() && System.nanoTime() - end < 0; done++) {
        require(run, RandomProgram.of(firstSeed() + done));
      }
      System.out.printf("%s: %d of %d programs%n", getClass().getSimpleName(), done, count());
      assertTrue(done >= required(), "only " + done + " programs have run");
    }
  }

  private void require(ProgramRun run, RandomProgram program) {
    Throwable wrong = failure(run, program);
    if (wrong != null) {
      throw new AssertionError(
          "a random program failed (-Dverbena.program=%s): %s%n%s%nshorter: %s"
              .formatted(program.name(), wrong, program, WANTED == null ? shorter(program) : ""),
          wrong);
    }
  }

  private static @Nullable Throwable failure(ProgramRun run, RandomProgram program) {
    try {
      run.run(program);
      return null;
    } catch (Exception | AssertionError e) {
      return e;
    }
  }

  /** Leaves out steps, half of them first and one at last, as long as it fails without them. */
  private RandomProgram shorter(RandomProgram program) {
    RandomProgram shortest = program;
    long end = System.nanoTime() + SHORTENING.toNanos();
    for (int part = program.steps().size() / 2; part > 0; part /= 2) {
      for (int from = 0; from < shortest.steps().size() && System.nanoTime() - end < 0; ) {
        List<RandomProgram.Step> rest = new ArrayList<>(shortest.steps());
        rest.subList(from, Math.min(rest.size(), from + part)).clear();
        RandomProgram without = shortest.with(rest);
        try (var run = new ProgramRun(clientConfig(), serverConfig())) {
          if (failure(run, without) != null) {
            shortest = without;
            continue;
          }
        }
        from += part;
      }
    }
    return shortest;
  }

  @Test
  void shouldHaveNamesThatGiveTheSameProgramAgain() {
    RandomProgram program = RandomProgram.of(firstSeed());
    assertEquals(program, RandomProgram.named(program.name()));
    RandomProgram part = program.with(program.steps().subList(0, 1));
    assertEquals(part, RandomProgram.named(part.name()));
  }
}
