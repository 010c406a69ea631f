package io.verbena.samples.interop;

import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairConfig;
import io.verbena.verbs.QueuePairType;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import java.util.List;

/** The one queue pair of the programs that share no receives. */
abstract class OnePair implements Pairs {
  final Pingpong.Table table;
  final QueuePair pair;

  OnePair(Pingpong.Table table, QueuePairType type, int receiveDepth) throws VerbsException {
    CompletionQueue queue = table.queue();
    this.table = table;
    this.pair =
        table
            .domain()
            .createQueuePair(new QueuePairConfig(type, queue, queue, 1, receiveDepth, 1, 1, 0));
  }

  @Override
  public final List<QueuePair> all() {
    return List.of(pair);
  }

  @Override
  public final void receive(int count) throws VerbsException {
    table.message().receive(pair.receives(), count);
  }

  @Override
  public void send(int index) throws IOException {
    table.message().send(pair);
  }
}
