package io.verbena.misuse;

import io.verbena.RdmaDevice;
import io.verbena.verbs.Access;
import io.verbena.verbs.CompletionChannel;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.ConnectOptions;
import io.verbena.verbs.Context;
import io.verbena.verbs.MemoryWindowType;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairAddress;
import io.verbena.verbs.QueuePairConfig;

/** Two connected queue pairs and all they need: where most sequences start from. */
final class Prelude {
  private Prelude() {}

  static void run(World world) throws Exception {
    Context context = world.add(RdmaDevice.find().open());
    CompletionChannel channel = world.add(context.createCompletionChannel());
    CompletionQueue left = world.add(context.createCompletionQueue(512, channel));
    CompletionQueue right = world.add(context.createCompletionQueue(512));
    ProtectionDomain domain = world.add(context.createDomain());
    for (int i = 0; i < 2; i++) {
      world.add(
          domain.allocate(
              1 << 16,
              Access.LOCAL_WRITE,
              Access.REMOTE_READ,
              Access.REMOTE_WRITE,
              Access.REMOTE_ATOMIC,
              Access.WINDOW_BIND));
    }
    world.add(domain.createMemoryWindow(MemoryWindowType.TYPE_1));
    world.add(domain.createMemoryWindow(MemoryWindowType.TYPE_2));
    QueuePair leftPair = world.add(domain.createQueuePair(QueuePairConfig.reliable(left)));
    QueuePair rightPair = world.add(domain.createQueuePair(QueuePairConfig.reliable(right)));
    int gidIndex = context.gids(1).getLast().index();
    QueuePairAddress leftAddress = leftPair.address(1, gidIndex);
    QueuePairAddress rightAddress = rightPair.address(1, gidIndex);
    ConnectOptions options = ConnectOptions.defaults().withTimeout(10).withRetryCount(1);
    leftPair.connect(rightAddress, options);
    rightPair.connect(leftAddress, options);
  }
}
