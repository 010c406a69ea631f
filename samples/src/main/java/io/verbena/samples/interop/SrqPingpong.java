package io.verbena.samples.interop;

import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.PortAttributes;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairConfig;
import io.verbena.verbs.SharedReceiveQueue;
import io.verbena.verbs.VerbsException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The twin of {@code ibv_srq_pingpong}: many reliable connections that share their receives, see
 * {@code man ibv_srq_pingpong}.
 */
@Command(name = "srq-pingpong", description = "Like ibv_srq_pingpong, which can be the peer.")
public final class SrqPingpong extends ConnectedPingpong {
  /** The exchange has so many places, used or not. */
  private static final int PLACES = 256;

  @Option(
      names = {"-q", "--num-qp"},
      paramLabel = "COUNT",
      description = "Number of queue pairs (default 16).")
  private int pairCount = 16;

  /** Creates the command, for picocli. */
  public SrqPingpong() {}

  @Override
  byte filling() {
    return 0;
  }

  @Override
  int pairCount() {
    return pairCount;
  }

  @Override
  int places() {
    return PLACES;
  }

  @Override
  void checkOptions(PortAttributes port) {
    super.checkOptions(port);
    require(pairCount >= 1 && pairCount < PLACES, "--num-qp is 1 to " + (PLACES - 1));
    require(pairCount <= options.receiveDepth, "--rx-depth is at least --num-qp");
  }

  @Override
  Pairs createPairs(Table table) throws VerbsException {
    return new SharedPairs(table);
  }

  private final class SharedPairs implements Pairs {
    private final Table table;
    private final SharedReceiveQueue receives;
    private final List<QueuePair> pairs = new ArrayList<>();

    SharedPairs(Table table) throws VerbsException {
      this.table = table;
      CompletionQueue queue = table.queue();
      receives = table.domain().createSharedReceiveQueue(options.receiveDepth, 1);
      for (int i = 0; i < pairCount; i++) {
        pairs.add(
            table
                .domain()
                .createQueuePair(
                    QueuePairConfig.reliable(queue)
                        .withSendDepth(1)
                        .withSharedReceiveQueue(receives)));
      }
    }

    @Override
    public List<QueuePair> all() {
      return pairs;
    }

    @Override
    public void connect(int index, Destination theirs) throws VerbsException {
      SrqPingpong.this.connect(pairs.get(index), theirs, table.port().linkLayer());
    }

    @Override
    public void receive(int count) throws VerbsException {
      table.message().receive(receives.receives(), count);
    }

    @Override
    public void send(int index) throws VerbsException {
      table.message().send(pairs.get(index));
    }
  }
}
