package io.verbena.samples.parallel;

import io.verbena.collective.Blocks;
import io.verbena.collective.Communicator;
import io.verbena.collective.Elements;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The product of two matrices: rows of the left one are shared out, all get the right one. */
@Command(
    name = "matrix-multiply",
    description = "A product of matrices: rows are scattered, and gathered again.")
public final class MatrixMultiply extends ParallelSample {
  @Option(names = "--size", paramLabel = "N", description = "Rows, and columns (${DEFAULT-VALUE}).")
  private int size = 300;

  /** Creates the command, for picocli. */
  public MatrixMultiply() {}

  @Override
  void check() {
    require(size >= 1 && size <= 10_000, "--size is 1 to 10000");
  }

  @Override
  boolean run(Communicator world) throws IOException {
    boolean isRoot = world.rank() == 0;
    double[] left = isRoot ? numbers(1) : new double[0];
    double[] right = isRoot ? numbers(2) : new double[size * size];
    double[] product = new double[isRoot ? size * size : 0];
    long started = System.nanoTime();
    Blocks blocks = Blocks.of(lengths(size, world.size(), size));
    int rows =
        begin(size, world.rank() + 1, world.size()) - begin(size, world.rank(), world.size());
    double[] mine = new double[rows * size];
    world.broadcast(Elements.of(right), 0);
    world.scatter(isRoot ? Elements.of(left) : Elements.none(), Elements.of(mine), blocks, 0);
    Elements all = isRoot ? Elements.of(product) : Elements.none();
    world.gather(Elements.of(multiply(mine, rows, right)), all, blocks, 0);
    long nanos = System.nanoTime() - started;
    if (!isRoot) {
      return true;
    }
    boolean same = Arrays.equals(multiply(left, size, right), product);
    return report(world, same, "a product of %d x %d matrices".formatted(size, size), nanos);
  }

  private double[] numbers(int seed) {
    return new Random(seed).doubles((long) size * size, -1, 1).toArray();
  }

  private double[] multiply(double[] left, int rows, double[] right) {
    double[] product = new double[rows * size];
    for (int row = 0; row < rows; row++) {
      for (int inner = 0; inner < size; inner++) {
        double factor = left[row * size + inner];
        for (int column = 0; column < size; column++) {
          product[row * size + column] += factor * right[inner * size + column];
        }
      }
    }
    return product;
  }
}
