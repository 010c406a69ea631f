package io.verbena.samples.parallel;

import io.verbena.collective.Communicator;
import io.verbena.collective.Elements;
import io.verbena.collective.Reduction;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Groups points of the plane around centres: each rank has some of the points, all the centres. */
@Command(
    name = "k-means",
    description = "Points grouped around centres: sums of all ranks' points move them.")
public final class KMeans extends ParallelSample {
  private static final int STEPS = 20;
  private static final double ROUNDING = 1e-9;

  /** For each centre: the sum of x, of y, and how many. */
  private static final int SUMS = 3;

  @Option(names = "--points", paramLabel = "N", description = "Their number (${DEFAULT-VALUE}).")
  private int points = 100_000;

  @Option(names = "--centres", paramLabel = "N", description = "Their number (${DEFAULT-VALUE}).")
  private int centres = 8;

  /** Creates the command, for picocli. */
  public KMeans() {}

  @Override
  void check() {
    require(centres >= 1 && centres <= 1000, "--centres is 1 to 1000");
    require(points >= centres && points <= 100_000_000, "--points is --centres to 100000000");
  }

  @Override
  boolean run(Communicator world) throws IOException {
    double[] all = points();
    int begin = begin(points, world.rank(), world.size());
    int end = begin(points, world.rank() + 1, world.size());
    double[] sums = new double[SUMS * centres];
    double[] found = start(all);
    long started = System.nanoTime();
    for (int step = 0; step < STEPS; step++) {
      add(all, begin, end, found, sums);
      world.allReduce(Elements.inPlace(), Elements.of(sums), Reduction.SUM);
      move(found, sums);
    }
    long nanos = System.nanoTime() - started;
    if (world.rank() != 0) {
      return true;
    }
    double[] alone = start(all);
    for (int step = 0; step < STEPS; step++) {
      add(all, 0, points, alone, sums);
      move(alone, sums);
    }
    boolean right = true;
    for (int i = 0; i < found.length; i++) {
      // Sums are rounded in another order.
      right &= Math.abs(found[i] - alone[i]) < ROUNDING;
    }
    return report(world, right, "%d points, %d centres".formatted(points, centres), nanos);
  }

  private double[] points() {
    Random random = new Random(1);
    double[] all = new double[2 * points];
    for (int i = 0; i < points; i++) {
      int column = i % centres % 3;
      int row = i % centres / 3;
      all[2 * i] = column + random.nextGaussian() / 10;
      all[2 * i + 1] = row + random.nextGaussian() / 10;
    }
    return all;
  }

  private double[] start(double[] all) {
    return Arrays.copyOf(all, 2 * centres);
  }

  private void add(double[] all, int begin, int end, double[] centre, double[] sums) {
    Arrays.fill(sums, 0);
    for (int i = begin; i < end; i++) {
      int nearest = 0;
      double least = Double.MAX_VALUE;
      for (int c = 0; c < centres; c++) {
        double dx = all[2 * i] - centre[2 * c];
        double dy = all[2 * i + 1] - centre[2 * c + 1];
        double distance = dx * dx + dy * dy;
        if (distance < least) {
          least = distance;
          nearest = c;
        }
      }
      sums[SUMS * nearest] += all[2 * i];
      sums[SUMS * nearest + 1] += all[2 * i + 1];
      sums[SUMS * nearest + 2]++;
    }
  }

  private void move(double[] centre, double[] sums) {
    for (int c = 0; c < centres; c++) {
      double count = sums[SUMS * c + 2];
      if (count > 0) {
        centre[2 * c] = sums[SUMS * c] / count;
        centre[2 * c + 1] = sums[SUMS * c + 1] / count;
      }
    }
  }
}
