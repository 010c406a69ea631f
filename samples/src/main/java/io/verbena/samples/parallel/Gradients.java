package io.verbena.samples.parallel;

import io.verbena.collective.CollectiveOperation;
import io.verbena.collective.Communicator;
import io.verbena.collective.Elements;
import io.verbena.collective.Reduction;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Learns a linear function by gradient descent: each rank has some of the examples, and the mean of
 * all gradients moves the weights of all.
 */
@Command(
    name = "gradients",
    description = "Learning in parallel: the gradients of all ranks are summed in each step.")
public final class Gradients extends ParallelSample {
  private static final int STEPS = 30;
  private static final float RATE = 0.05f;
  private static final float ROUNDING = 1e-4f;

  @Option(names = "--weights", paramLabel = "N", description = "Their number (${DEFAULT-VALUE}).")
  private int weights = 1000;

  @Option(names = "--examples", paramLabel = "N", description = "Of all ranks (${DEFAULT-VALUE}).")
  private int examples = 1200;

  /** Creates the command, for picocli. */
  public Gradients() {}

  @Override
  void check() {
    require(weights >= 1 && weights <= 10_000_000, "--weights is 1 to 10000000");
    require(examples >= 1 && examples <= 10_000_000, "--examples is 1 to 10000000");
  }

  @Override
  boolean run(Communicator world) throws IOException {
    int begin = begin(examples, world.rank(), world.size());
    int end = begin(examples, world.rank() + 1, world.size());
    float[] learned = new float[weights];
    float[] gradient = new float[weights];
    long started = System.nanoTime();
    try (CollectiveOperation sum =
        world.preparing().allReduce(Elements.inPlace(), Elements.of(gradient), Reduction.SUM)) {
      for (int step = 0; step < STEPS; step++) {
        descend(learned, begin, end, gradient);
        sum.start().await();
        move(learned, gradient);
      }
    }
    long nanos = System.nanoTime() - started;
    if (world.rank() != 0) {
      return true;
    }
    float[] alone = new float[weights];
    for (int step = 0; step < STEPS; step++) {
      descend(alone, 0, examples, gradient);
      move(alone, gradient);
    }
    boolean right = true;
    for (int i = 0; i < weights; i++) {
      // Sums are rounded in another order.
      right &= Math.abs(learned[i] - alone[i]) < ROUNDING;
    }
    return report(
        world, right, "%d weights learned of %d examples".formatted(weights, examples), nanos);
  }

  /** The gradient of the squared errors of some examples. */
  private void descend(float[] learned, int begin, int end, float[] gradient) {
    Arrays.fill(gradient, 0);
    float[] input = new float[weights];
    for (int example = begin; example < end; example++) {
      Random random = new Random(example);
      float error = 0;
      for (int i = 0; i < weights; i++) {
        input[i] = random.nextFloat() - 0.5f;
        // What is to be learned: weight i is i modulo 7.
        error += input[i] * (learned[i] - i % 7);
      }
      for (int i = 0; i < weights; i++) {
        gradient[i] += error * input[i];
      }
    }
  }

  private void move(float[] learned, float[] gradient) {
    for (int i = 0; i < weights; i++) {
      learned[i] -= RATE * gradient[i] / examples;
    }
  }
}
