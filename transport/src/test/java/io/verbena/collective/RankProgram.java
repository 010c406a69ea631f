package io.verbena.collective;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;

/**
 * A rank that does the same collective again and again, after saying that it is ready, until it
 * fails; then it makes a communicator of those who are left, and sums up their ranks.
 */
final class RankProgram {
  private RankProgram() {}

  public static void main(String[] args) throws Exception {
    var config = TransportConfig.defaults().withRdma(RdmaMode.valueOf(args[0]));
    Collective collective = Collective.valueOf(args[1].toUpperCase(Locale.ROOT));
    int count = Integer.parseInt(args[2]);
    try (Communicator world = Communicator.world(config, Duration.ofSeconds(60))) {
      world.setTimeout(Duration.ofSeconds(30));
      int size = world.size();
      long[] one = new long[count];
      long[] each = new long[count * size];
      long[] result = new long[count];
      Arrays.fill(one, world.rank());
      world.barrier();
      say("ready");
      try {
        while (true) {
          Elements in = Elements.of(one);
          Elements out = Elements.of(result);
          Elements all = Elements.of(each);
          Elements atRoot = world.rank() == 0 ? out : Elements.none();
          Elements allAtRoot = world.rank() == 0 ? all : Elements.none();
          switch (collective) {
            case BARRIER -> world.barrier();
            case BROADCAST -> world.broadcast(in, 0);
            case REDUCE -> world.reduce(in, atRoot, Reduction.SUM, 0);
            case ALL_REDUCE -> world.allReduce(in, out, Reduction.SUM);
            case GATHER -> world.gather(in, allAtRoot, 0);
            case SCATTER -> world.scatter(allAtRoot, out, 0);
            case ALL_GATHER -> world.allGather(in, all);
            case ALL_TO_ALL -> world.allToAll(all, Elements.of(each.clone()));
            case REDUCE_SCATTER -> world.reduceScatter(all, out, Reduction.SUM);
            case SCAN -> world.scan(in, out, Reduction.SUM);
            case EXCLUSIVE_SCAN -> world.exclusiveScan(in, out, Reduction.SUM);
          }
        }
      } catch (CollectiveException e) {
        say("%s rank %s: %s".formatted(e.kind(), e.rank(), e.getMessage()));
      }
      try (Communicator rest = world.shrink()) {
        long[] sum = {world.rank()};
        rest.allReduce(Elements.inPlace(), Elements.of(sum), Reduction.SUM);
        say("left %d sum %d".formatted(rest.size(), sum[0]));
      }
    }
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
