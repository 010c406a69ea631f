package io.verbena.samples.interop;

import io.verbena.verbs.AddressHandle;
import io.verbena.verbs.Completions;
import io.verbena.verbs.ConnectOptions;
import io.verbena.verbs.PortAttributes;
import io.verbena.verbs.QueuePairType;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** The twin of {@code ibv_ud_pingpong}: datagrams, see {@code man ibv_ud_pingpong}. */
@Command(name = "ud-pingpong", description = "Like ibv_ud_pingpong, which can be the peer.")
public final class UdPingpong extends Pingpong {
  /** What the programs have agreed on. */
  private static final int QUEUE_KEY = 0x11111111;

  /** Creates the command, for picocli. */
  public UdPingpong() {}

  @Override
  int headerBytes() {
    return Completions.ROUTE_HEADER_BYTES;
  }

  @Override
  int defaultSize() {
    return 1024;
  }

  @Override
  void checkOptions(PortAttributes port) {
    require(
        options.size <= port.activeMtuBytes(),
        "--size is at most the port's MTU, " + port.activeMtuBytes());
  }

  @Override
  Pairs createPairs(Table table) throws VerbsException {
    return new DatagramPair(table);
  }

  private final class DatagramPair extends OnePair {
    private @Nullable AddressHandle handle;
    private int remoteNumber;

    DatagramPair(Table table) throws VerbsException {
      super(table, QueuePairType.DATAGRAM, options.receiveDepth);
    }

    @Override
    public void connect(int index, Destination theirs) throws VerbsException {
      pair.activate(QUEUE_KEY, ConnectOptions.defaults().withServiceLevel(options.serviceLevel));
      remoteNumber = theirs.number();
      handle =
          pair.createAddressHandle(
              theirs.address(
                  options.devicePort, table.port().activeMtuBytes(), table.port().linkLayer()));
    }

    @Override
    public void send(int index) throws IOException {
      AddressHandle peer = handle;
      if (peer == null) {
        throw new IllegalStateException("connect() comes first");
      }
      pair.sends().to(peer, remoteNumber, QUEUE_KEY);
      super.send(index);
    }
  }
}
