package io.verbena.samples.interop;

import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.ConnectOptions;
import io.verbena.verbs.LinkLayer;
import io.verbena.verbs.PortAttributes;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairAddress;
import io.verbena.verbs.QueuePairConfig;
import io.verbena.verbs.QueuePairType;
import io.verbena.verbs.ReceiveBatch;
import io.verbena.verbs.SendBatch;
import io.verbena.verbs.VerbsException;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** What the ping-pong programs over connections have in common. */
abstract class ConnectedPingpong extends Pingpong {
  @Option(
      names = {"-m", "--mtu"},
      paramLabel = "BYTES",
      description = "Path MTU: 256, 512, 1024 (the default), 2048 or 4096.")
  private int mtu = 1024;

  @Override
  void checkOptions(PortAttributes port) {
    require(
        mtu >= 256 && mtu <= 4096 && Integer.bitCount(mtu) == 1,
        "--mtu is 256, 512, 1024, 2048 or 4096");
    require(
        mtu <= port.activeMtuBytes(),
        "--mtu is at most what the port does, " + port.activeMtuBytes());
  }

  /** Connects as the C programs do, but for their seventh retry, which may mean for ever. */
  final void connect(QueuePair pair, Destination theirs, LinkLayer linkLayer)
      throws VerbsException {
    // The peer did not say its port and place in the table; nothing here depends on them.
    QueuePairAddress remote =
        new QueuePairAddress(
            theirs.number(),
            theirs.packetSequence(),
            theirs.lid(),
            theirs.gid(),
            options.devicePort,
            0,
            mtu,
            linkLayer);
    pair.connect(
        remote,
        ConnectOptions.defaults()
            .withRnrRetry(7)
            .withMaxReadAtomic(1)
            .withServiceLevel(options.serviceLevel)
            .withAccess(Set.of()));
  }

  /** Sends the message, within the request if it is short enough. */
  static void send(QueuePair pair, Message message) throws VerbsException {
    SendBatch sends = pair.sends().signaled();
    if (message.size() <= pair.inlineBytes()) {
      sends.inline();
    }
    sends.send(SEND, message.region(), message.offset(), message.size());
    if (!sends.submit()) {
      throw new IllegalStateException("a send was posted before the last one was done");
    }
  }

  /** The one queue pair of the programs that have no shared receives. */
  final class OnePair implements Pairs {
    private final Table table;
    private final QueuePair pair;

    OnePair(Table table, QueuePairType type) throws VerbsException {
      this.table = table;
      CompletionQueue queue = table.queue();
      this.pair =
          table
              .domain()
              .createQueuePair(
                  new QueuePairConfig(type, queue, queue, 1, options.receiveDepth, 1, 1, 0));
    }

    @Override
    public List<QueuePair> all() {
      return List.of(pair);
    }

    @Override
    public void connect(int index, Destination theirs) throws VerbsException {
      ConnectedPingpong.this.connect(pair, theirs, table.port().linkLayer());
    }

    @Override
    public void receive(int count) throws VerbsException {
      Message message = table.message();
      ReceiveBatch receives = pair.receives();
      for (int i = 0; i < count; i++) {
        receives.receive(RECEIVE, message.region(), 0, message.offset() + message.size());
      }
      receives.submit();
    }

    @Override
    public void send(int index) throws VerbsException {
      ConnectedPingpong.send(pair, table.message());
    }
  }
}
