package io.verbena.samples.parallel;

import io.verbena.collective.Communicator;
import io.verbena.collective.Elements;
import io.verbena.collective.Reduction;
import java.io.IOException;

/** The shortest program of several processes. */
final class Mean {
  // snippet mean
  public static void main(String... args) throws IOException {
    try (Communicator world = Communicator.world()) {
      double[] mine = {Math.random()};
      double[] sum = new double[1];
      world.allReduce(Elements.of(mine), Elements.of(sum), Reduction.SUM);
      if (world.rank() == 0) {
        System.out.println("the mean is " + sum[0] / world.size());
      }
    }
  }

  // end

  private Mean() {}
}
