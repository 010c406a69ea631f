package io.verbena.samples.interop;

import io.verbena.verbs.ConnectOptions;
import io.verbena.verbs.LinkLayer;
import io.verbena.verbs.PortAttributes;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairType;
import io.verbena.verbs.VerbsException;
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
    pair.connect(
        theirs.address(options.devicePort, mtu, linkLayer),
        ConnectOptions.defaults()
            .withRnrRetry(7)
            .withMaxReadAtomic(1)
            .withServiceLevel(options.serviceLevel)
            .withAccess(Set.of()));
  }

  /** The one queue pair of a program without shared receives. */
  final Pairs onePair(Table table, QueuePairType type) throws VerbsException {
    return new OnePair(table, type, options.receiveDepth) {
      @Override
      public void connect(int index, Destination theirs) throws VerbsException {
        ConnectedPingpong.this.connect(pair, theirs, table.port().linkLayer());
      }
    };
  }
}
