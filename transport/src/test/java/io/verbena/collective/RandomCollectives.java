package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.verbena.TransportConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Programs of 50 collectives as users call them, against a serial computation. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
abstract class RandomCollectives {
  private static final int STEPS = 50;
  private static final int[] COUNTS = {0, 1, 2, 5, 100, 2045, 3001, 40_000};
  private static final List<Algorithm> ONE_OF_EACH =
      Stream.of(Collective.values()).map(RandomCollectives::anyOf).toList();

  private final TransportConfig config;
  private final List<Ranks> opened = new ArrayList<>();

  /** Ranks and seed of each program. */
  abstract List<Arguments> programs();

  RandomCollectives(TransportConfig config) {
    this.config = config;
  }

  /** The serial computation asks for some algorithm; the communicator chooses its own. */
  private static Algorithm anyOf(Collective collective) {
    return Stream.of(Algorithm.values())
        .filter(algorithm -> algorithm.collective() == collective)
        .findFirst()
        .orElseThrow();
  }

  @AfterAll
  void close() {
    opened.forEach(Ranks::close);
  }

  @ParameterizedTest(name = "{0} ranks, seed {1}")
  @MethodSource("programs")
  void shouldGiveWhatTheSerialComputationGives(int size, int seed) throws Exception {
    Ranks ranks = new Ranks(size, config);
    opened.add(ranks);
    List<Trial> trials = new ArrayList<>();
    List<Request> requests = new ArrayList<>();
    Random random = new Random(seed);
    for (int step = 0; step < STEPS; step++) {
      Algorithm algorithm = ONE_OF_EACH.get(random.nextInt(ONE_OF_EACH.size()));
      int count = COUNTS[random.nextInt(COUNTS.length)];
      Request request =
          Request.of(algorithm, size, count)
              .withRoot(random.nextInt(size))
              .withInPlace(random.nextBoolean());
      requests.add(request);
      trials.add(new Trial(request::at));
    }
    boolean reproducible = seed % 2 == 0;
    ranks.run(
        world -> {
          world.setReproducible(reproducible);
          Random own = new Random(31L * seed + world.rank());
          List<CollectiveOperation> underWay = new ArrayList<>();
          List<long[]> results = new ArrayList<>();
          for (int step = 0; step < STEPS; step++) {
            Trial trial = trials.get(step);
            long[] output = trial.output(world.rank());
            results.add(output);
            Request request = requests.get(step).at(world.rank());
            long[] input = trial.input(world.rank());
            boolean inPlace = trial.isInPlace(world.rank());
            if (own.nextBoolean()) {
              underWay.add(call(world.starting(), request, inPlace, input, output));
            } else {
              call(world, request, inPlace, input, output);
            }
          }
          for (CollectiveOperation each : underWay) {
            each.await();
          }
          for (int step = 0; step < STEPS; step++) {
            assertArrayEquals(
                trials.get(step).expected(world.rank(), Long::sum),
                results.get(step),
                "step %d: %s".formatted(step, requests.get(step)));
          }
        });
  }

  private static <T, X extends Exception> T call(
      Collectives<T, X> on, Request request, boolean inPlace, long[] input, long[] output)
      throws X {
    Elements in = inPlace ? Elements.inPlace() : Elements.of(input);
    Elements out = Elements.of(output);
    Elements atRoot = request.isRoot() ? out : Elements.none();
    int root = request.root();
    return switch (request.algorithm().collective()) {
      case BARRIER -> on.barrier();
      case BROADCAST -> on.broadcast(request.isRoot() ? in : out, root);
      case REDUCE -> on.reduce(in, atRoot, Reduction.SUM, root);
      case ALL_REDUCE -> on.allReduce(in, out, Reduction.SUM);
      case GATHER -> on.gather(in, atRoot, root);
      case SCATTER ->
          on.scatter(
              request.isRoot() ? in : Elements.none(),
              request.isRoot() && request.inPlace() ? Elements.inPlace() : out,
              root);
      case ALL_GATHER -> on.allGather(in, out);
      case ALL_TO_ALL -> on.allToAll(in, out);
      case REDUCE_SCATTER -> on.reduceScatter(in, out, Reduction.SUM);
      case SCAN -> on.scan(in, out, Reduction.SUM);
      case EXCLUSIVE_SCAN -> on.exclusiveScan(in, out, Reduction.SUM);
    };
  }
}
