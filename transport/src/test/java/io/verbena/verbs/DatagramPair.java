package io.verbena.verbs;

import java.io.IOException;
import java.util.function.UnaryOperator;

/** Two datagram queue pairs of one process, with the way from the left one to the right one. */
final class DatagramPair extends DeviceFixture {
  static final int QUEUE_KEY = 0x1234_5678;
  static final int HEADER = Completions.ROUTE_HEADER_BYTES;

  final ProtectionDomain domain;
  final CompletionQueue leftQueue;
  final CompletionQueue rightQueue;
  final MemoryRegion left;
  final MemoryRegion right;
  final QueuePair leftPair;
  final QueuePair rightPair;
  final AddressHandle toRight;

  DatagramPair() throws IOException {
    this(config -> config);
  }

  DatagramPair(UnaryOperator<QueuePairConfig> adjust) throws IOException {
    boolean ready = false;
    try {
      domain = context.createDomain();
      leftQueue = context.createCompletionQueue(512);
      rightQueue = context.createCompletionQueue(512);
      left = domain.allocate(LoopbackPair.REGION_BYTES, Access.LOCAL_WRITE);
      right = domain.allocate(LoopbackPair.REGION_BYTES, Access.LOCAL_WRITE);
      leftPair = domain.createQueuePair(adjust.apply(QueuePairConfig.datagram(leftQueue)));
      rightPair = domain.createQueuePair(adjust.apply(QueuePairConfig.datagram(rightQueue)));
      leftPair.address(port, gidIndex);
      leftPair.activate(QUEUE_KEY);
      QueuePairAddress remote = rightPair.address(port, gidIndex);
      rightPair.activate(QUEUE_KEY);
      toRight = leftPair.createAddressHandle(remote);
      ready = true;
    } finally {
      if (!ready) {
        close();
      }
    }
  }

  /** The left batch, with the right queue pair as the next request's destination. */
  SendBatch toRight() {
    return leftPair.sends().to(toRight, rightPair.number(), QUEUE_KEY);
  }

  /** The right queue's cursor at its next completion. */
  Completions arrival() throws VerbsException {
    return LoopbackPair.next(rightQueue);
  }
}
