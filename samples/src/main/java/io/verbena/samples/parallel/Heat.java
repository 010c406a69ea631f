package io.verbena.samples.parallel;

import io.verbena.collective.Blocks;
import io.verbena.collective.CollectiveOperation;
import io.verbena.collective.Communicator;
import io.verbena.collective.Elements;
import io.verbena.collective.Reduction;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The heat equation on a square plate, hot at one edge, by Jacobi's method: each rank has some
 * rows, and exchanges those at its borders with its neighbours in each step.
 */
@Command(
    name = "heat",
    description = "Heat spreading on a plate: rows at borders go to neighbours, in each step.")
public final class Heat extends ParallelSample {
  private static final int STEPS_PER_CHECK = 100;
  private static final double HOT = 100;

  @Option(names = "--size", paramLabel = "N", description = "Cells in a row (${DEFAULT-VALUE}).")
  private int size = 256;

  @Option(names = "--steps", paramLabel = "N", description = "At most (${DEFAULT-VALUE}).")
  private int steps = 1000;

  @Option(
      names = "--tolerance",
      paramLabel = "DEGREES",
      description = "Ends when no cell changes by more in a step (${DEFAULT-VALUE}).")
  private double tolerance = 1e-3;

  @Option(
      names = "--picture",
      paramLabel = "FILE",
      description = "Where rank 0 puts a picture of the result (${DEFAULT-VALUE}).")
  private Path picture = Path.of("heat.png");

  /** Creates the command, for picocli. */
  public Heat() {}

  /** Some rows of the plate, with one more above and below, which do not change. */
  private static final class Rows {
    final int width;
    final int count;
    MemorySegment now;
    MemorySegment next;

    Rows(Arena arena, int width, int count) {
      this.width = width;
      this.count = count;
      this.now = arena.allocate(bytes(count + 2), 64);
      this.next = arena.allocate(bytes(count + 2), 64);
    }

    private long bytes(int rows) {
      return (long) rows * width * Double.BYTES;
    }

    Elements row(MemorySegment of, int row) {
      return Elements.of(of.asSlice(bytes(row), bytes(1)), ValueLayout.JAVA_DOUBLE);
    }

    double at(int row, int column) {
      return now.getAtIndex(ValueLayout.JAVA_DOUBLE, (long) row * width + column);
    }

    void heatRow(int row) {
      for (int column = 0; column < width; column++) {
        now.setAtIndex(ValueLayout.JAVA_DOUBLE, (long) row * width + column, HOT);
        next.setAtIndex(ValueLayout.JAVA_DOUBLE, (long) row * width + column, HOT);
      }
    }

    /** Returns the greatest change. */
    double step() {
      double most = 0;
      for (int row = 1; row <= count; row++) {
        for (int column = 1; column < width - 1; column++) {
          double mean =
              (at(row - 1, column)
                      + at(row + 1, column)
                      + at(row, column - 1)
                      + at(row, column + 1))
                  / 4;
          most = Math.max(most, Math.abs(mean - at(row, column)));
          next.setAtIndex(ValueLayout.JAVA_DOUBLE, (long) row * width + column, mean);
        }
      }
      MemorySegment old = now;
      now = next;
      next = old;
      return most;
    }

    double[] inner() {
      return now.asSlice(bytes(1), bytes(count)).toArray(ValueLayout.JAVA_DOUBLE);
    }
  }

  @Override
  void check() {
    require(size >= 3 && size <= 20_000, "--size is 3 to 20000");
    require(steps >= 1, "--steps is at least 1");
    require(tolerance >= 0, "--tolerance is not negative");
  }

  @Override
  boolean run(Communicator world) throws IOException {
    int rows = size - 2;
    int begin = begin(rows, world.rank(), world.size());
    int count = begin(rows, world.rank() + 1, world.size()) - begin;
    double[] plate = new double[world.rank() == 0 ? rows * size : 0];
    long nanos;
    int taken;
    try (Arena arena = Arena.ofShared()) {
      Rows mine = new Rows(arena, size, count);
      if (world.rank() == 0) {
        mine.heatRow(0);
      }
      long started = System.nanoTime();
      taken = spread(world, mine);
      Blocks blocks = Blocks.of(lengths(rows, world.size(), size));
      Elements all = world.rank() == 0 ? Elements.of(plate) : Elements.none();
      world.gather(Elements.of(mine.inner()), all, blocks, 0);
      nanos = System.nanoTime() - started;
    }
    if (world.rank() != 0) {
      return true;
    }
    boolean right = Arrays.equals(alone(taken), plate);
    draw(plate);
    String what = "heat on %d x %d cells, %d steps, see %s".formatted(size, size, taken, picture);
    return report(world, right, what, nanos);
  }

  /** Returns the number of steps that it took. */
  private int spread(Communicator world, Rows mine) throws IOException {
    // The two areas change places in each step: one set of operations for each of them.
    List<CollectiveOperation> even = borders(world, mine, mine.now);
    List<CollectiveOperation> odd = borders(world, mine, mine.next);
    double[] change = new double[1];
    for (int step = 0; step < steps; step++) {
      List<CollectiveOperation> exchange = step % 2 == 0 ? even : odd;
      exchange.forEach(CollectiveOperation::start);
      for (CollectiveOperation each : exchange) {
        each.await();
      }
      change[0] = mine.step();
      if ((step + 1) % STEPS_PER_CHECK == 0) {
        world.allReduce(Elements.inPlace(), Elements.of(change), Reduction.MAX);
        if (change[0] < tolerance) {
          return step + 1;
        }
      }
    }
    return steps;
  }

  private static List<CollectiveOperation> borders(
      Communicator world, Rows mine, MemorySegment of) {
    List<CollectiveOperation> operations = new ArrayList<>();
    int above = world.rank() - 1;
    int below = world.rank() + 1;
    if (above >= 0) {
      operations.add(world.prepareReceive(mine.row(of, 0), above, 0));
      operations.add(world.prepareSend(mine.row(of, 1), above, 0));
    }
    if (below < world.size()) {
      operations.add(world.prepareReceive(mine.row(of, mine.count + 1), below, 0));
      operations.add(world.prepareSend(mine.row(of, mine.count), below, 0));
    }
    return operations;
  }

  private double[] alone(int taken) {
    try (Arena arena = Arena.ofConfined()) {
      Rows all = new Rows(arena, size, size - 2);
      all.heatRow(0);
      for (int step = 0; step < taken; step++) {
        all.step();
      }
      return all.inner();
    }
  }

  private void draw(double[] plate) throws IOException {
    var image = new BufferedImage(size, size - 2, BufferedImage.TYPE_INT_RGB);
    for (int row = 0; row < size - 2; row++) {
      for (int column = 0; column < size; column++) {
        float heat = (float) (plate[row * size + column] / HOT);
        // From blue by way of green to red.
        image.setRGB(column, row, Color.HSBtoRGB((1 - heat) * 0.66f, 1, 0.2f + 0.8f * heat));
      }
    }
    ImageIO.write(image, "png", picture.toFile());
  }
}
