package io.verbena.samples.interop;

import io.verbena.rdmacm.ConnectionParameters;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.Context;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairConfig;
import io.verbena.verbs.QueuePairType;
import io.verbena.verbs.VerbsException;

/** What one side needs of the device for a connection that the connection manager makes. */
final class Station implements AutoCloseable {
  /** What the C programs ask for, but for their seventh retry, which may mean for ever. */
  static final ConnectionParameters PARAMETERS =
      ConnectionParameters.defaults().withResponderResources(1).withInitiatorDepth(1);

  final ProtectionDomain domain;
  final CompletionQueue queue;
  final QueuePair pair;

  Station(Context context, QueuePairType type, int sendDepth, int receiveDepth)
      throws VerbsException {
    domain = context.createDomain();
    queue = context.createCompletionQueue(sendDepth + receiveDepth);
    pair =
        domain.createQueuePair(
            new QueuePairConfig(type, queue, queue, sendDepth, receiveDepth, 1, 1, 0));
  }

  @Override
  public void close() {
    // With the domain goes the queue pair, with the context the rest, if something failed above.
    domain.close();
    queue.close();
  }
}
