package io.verbena.samples.interop;

import io.verbena.verbs.QueuePairType;
import io.verbena.verbs.VerbsException;
import picocli.CommandLine.Command;

/**
 * The twin of {@code ibv_uc_pingpong}: over a unreliable connection, see {@code man
 * ibv_uc_pingpong}.
 */
@Command(name = "uc-pingpong", description = "Like ibv_uc_pingpong, which can be the peer.")
public final class UcPingpong extends ConnectedPingpong {
  /** Creates the command, for picocli. */
  public UcPingpong() {}

  @Override
  Pairs createPairs(Table table) throws VerbsException {
    return onePair(table, QueuePairType.UNRELIABLE);
  }
}
