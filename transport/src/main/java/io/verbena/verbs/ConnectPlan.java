package io.verbena.verbs;

import io.verbena.verbs.QueuePairTransition.ToInit;
import io.verbena.verbs.QueuePairTransition.ToReceive;
import io.verbena.verbs.QueuePairTransition.ToSend;
import java.util.EnumSet;
import java.util.Set;

/** The three transitions that connect a queue pair to its peer. */
final class ConnectPlan {
  private final QueuePairType type;
  private final QueuePairAddress mine;
  private final QueuePairAddress remote;
  private final ConnectOptions options;
  private final DeviceAttributes device;
  private final AddressVector vector;

  ConnectPlan(
      QueuePairType type,
      QueuePairAddress mine,
      QueuePairAddress remote,
      ConnectOptions options,
      DeviceAttributes device,
      PortAttributes port) {
    this.type = type;
    this.mine = mine;
    this.remote = remote;
    this.options = options;
    this.device = device;
    this.vector = AddressVector.between(mine, remote, options, port.routeHeaderRequired());
  }

  ToInit toInit() {
    Set<Access> access = EnumSet.noneOf(Access.class);
    if (type != QueuePairType.XRC_SEND) {
      access.addAll(options.access());
    }
    if (device.atomicity() == DeviceAttributes.Atomicity.NONE) {
      access.remove(Access.REMOTE_ATOMIC);
    }
    return new ToInit(
        QueuePairAttributes.none()
            .withPkeyIndex(options.pkeyIndex())
            .withPort(mine.port())
            .withAccess(access));
  }

  ToReceive toReceive() {
    QueuePairAttributes attributes =
        QueuePairAttributes.none()
            .withAddressVector(vector)
            .withPathMtu(Math.min(mine.mtuBytes(), remote.mtuBytes()))
            .withPeerNumber(remote.number())
            .withReceiveSequence(remote.packetSequence());
    return new ToReceive(
        type == QueuePairType.RELIABLE || type == QueuePairType.XRC_RECEIVE
            ? attributes
                .withMaxServedReadAtomic(Math.min(options.maxReadAtomic(), device.maxReadAtomic()))
                .withMinRnrTimer(options.minRnrTimer())
            : attributes);
  }

  ToSend toSend() {
    QueuePairAttributes attributes =
        QueuePairAttributes.none().withSendSequence(mine.packetSequence());
    return new ToSend(
        switch (type) {
          case RELIABLE, XRC_SEND ->
              attributes
                  .withTimeout(options.timeout())
                  .withRetryCount(options.retryCount())
                  .withRnrRetry(options.rnrRetry())
                  .withMaxReadAtomic(
                      Math.min(options.maxReadAtomic(), device.maxInitiatedReadAtomic()));
          case XRC_RECEIVE -> attributes.withTimeout(options.timeout());
          case UNRELIABLE, DATAGRAM -> attributes;
        });
  }
}
