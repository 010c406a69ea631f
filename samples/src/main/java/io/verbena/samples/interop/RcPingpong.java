package io.verbena.samples.interop;

import io.verbena.verbs.QueuePairType;
import io.verbena.verbs.VerbsException;
import picocli.CommandLine.Command;

/**
 * The twin of {@code ibv_rc_pingpong}: over a reliable connection, see {@code man ibv_rc_pingpong}.
 */
@Command(name = "rc-pingpong", description = "Like ibv_rc_pingpong, which can be the peer.")
public final class RcPingpong extends ConnectedPingpong {
  /** Creates the command, for picocli. */
  public RcPingpong() {}

  @Override
  Pairs createPairs(Table table) throws VerbsException {
    return onePair(table, QueuePairType.RELIABLE);
  }
}
