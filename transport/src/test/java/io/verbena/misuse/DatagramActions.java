package io.verbena.misuse;

import io.verbena.verbs.AddressHandle;
import io.verbena.verbs.AddressVector;
import io.verbena.verbs.AsyncEvents;
import io.verbena.verbs.Context;
import io.verbena.verbs.Gid;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairAddress;
import io.verbena.verbs.QueuePairConfig;
import io.verbena.verbs.QueuePairType;
import io.verbena.verbs.ReceiveBatch;
import io.verbena.verbs.SendBatch;
import io.verbena.verbs.SharedReceiveQueue;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/** Datagrams, shared receive queues and asynchronous events. */
final class DatagramActions {
  private static final int QUEUE_KEY = 0x1234;

  static final List<Action> ALL =
      List.of(
          new Action("create a datagram queue pair", 4, DatagramActions::createPair),
          new Action("create an address handle", 3, DatagramActions::createHandle),
          new Action("send a datagram", 6, DatagramActions::send),
          new Action("attach or detach", 2, DatagramActions::multicast),
          new Action("create a shared receive queue", 3, DatagramActions::createShared),
          new Action("create a queue pair that shares", 3, DatagramActions::createSharer),
          new Action("post shared receives", 5, DatagramActions::receiveShared),
          new Action("ask a shared receive queue", 2, DatagramActions::askShared),
          new Action("open the stream of events", 1, DatagramActions::events),
          Action.perhaps("await an event", 2, DatagramActions::awaitEvent));

  private DatagramActions() {}

  private static boolean isDatagram(QueuePair pair) {
    return pair.type() == QueuePairType.DATAGRAM;
  }

  private static void createPair(World world, Random random) throws Exception {
    world.limit(QueuePair.class, 16);
    ProtectionDomain domain = world.any(ProtectionDomain.class, random);
    QueuePair pair =
        world.add(
            domain.createQueuePair(
                QueuePairConfig.datagram(ObjectActions.queue(domain, world, random))
                    .withSendDepth(20)
                    .withReceiveDepth(20)));
    if (random.nextInt(4) > 0) {
      pair.address(1, TrafficActions.gidIndex(pair.domain().context()));
      pair.activate(QUEUE_KEY);
    }
  }

  private static void createHandle(World world, Random random) throws Exception {
    world.limit(AddressHandle.class, 8);
    QueuePair pair = world.any(QueuePair.class, random);
    QueuePairAddress own = pair.address(1, TrafficActions.gidIndex(pair.domain().context()));
    world.add(
        random.nextBoolean()
            ? pair.createAddressHandle(own)
            : world
                .any(ProtectionDomain.class, random)
                .createAddressHandle(
                    new AddressVector(
                        random.nextInt(3),
                        random.nextInt(5),
                        0,
                        own.gid(),
                        random.nextBoolean(),
                        0,
                        0,
                        1)));
  }

  private static void send(World world, Random random) throws Exception {
    QueuePair pair = world.mine(QueuePair.class, random, DatagramActions::isDatagram);
    ProtectionDomain domain = pair.domain();
    SendBatch batch = pair.sends();
    for (int i = random.nextInt(4); i >= 0; i--) {
      MemoryRegion region = TrafficActions.region(domain, world, random);
      int number = world.any(QueuePair.class, random).number();
      AddressHandle handle =
          world.any(AddressHandle.class, random, each -> each.domain() == domain);
      batch.to(handle, number, QUEUE_KEY);
      if (random.nextBoolean()) {
        batch.signaled();
      }
      batch.send(i, region, Odd.within(region.length(), random), random.nextInt(600));
      if (random.nextInt(4) == 0) {
        MemoryRegion more = world.any(MemoryRegion.class, random);
        batch.append(more, Odd.within(more.length(), random), random.nextInt(300));
      }
    }
    if (random.nextInt(8) > 0) {
      batch.submit();
    }
  }

  private static void multicast(World world, Random random) throws Exception {
    QueuePair pair = world.any(QueuePair.class, random, DatagramActions::isDatagram);
    Gid group = new Gid(0, 0xffff_ef01_0200L + random.nextInt(4));
    if (random.nextInt(3) > 0) {
      pair.attachMulticast(group, 0);
    } else {
      pair.detachMulticast(group, 0);
    }
  }

  private static void createShared(World world, Random random) throws Exception {
    world.limit(SharedReceiveQueue.class, 6);
    int depth = random.nextInt(8) == 0 ? Odd.number(random) : 1 + random.nextInt(100);
    world.add(
        world
            .any(ProtectionDomain.class, random)
            .createSharedReceiveQueue(depth, random.nextInt(5)));
  }

  private static void createSharer(World world, Random random) throws Exception {
    world.limit(QueuePair.class, 16);
    ProtectionDomain domain = world.any(ProtectionDomain.class, random);
    SharedReceiveQueue shared =
        world.any(SharedReceiveQueue.class, random, each -> each.domain() == domain);
    world.add(
        domain.createQueuePair(
            QueuePairConfig.reliable(ObjectActions.queue(domain, world, random))
                .withSendDepth(random.nextInt(64))
                .withSharedReceiveQueue(shared)));
  }

  private static void receiveShared(World world, Random random) throws Exception {
    SharedReceiveQueue queue = world.mine(SharedReceiveQueue.class, random);
    ReceiveBatch batch = queue.receives();
    for (int i = random.nextInt(10); i >= 0; i--) {
      MemoryRegion region = TrafficActions.region(queue.domain(), world, random);
      batch.receive(i, region, Odd.within(region.length(), random), random.nextInt(1000));
      if (random.nextInt(4) == 0) {
        batch.append(region, 0, random.nextInt(1000));
      }
    }
    if (random.nextInt(12) > 0) {
      batch.submit();
    }
  }

  private static void askShared(World world, Random random) throws Exception {
    SharedReceiveQueue queue = world.any(SharedReceiveQueue.class, random);
    if (random.nextBoolean()) {
      queue.arm(random.nextInt(8) == 0 ? Odd.number(random) : random.nextInt(20));
    } else {
      queue.attributes();
    }
  }

  private static void events(World world, Random random) throws Exception {
    world.limit(AsyncEvents.class, 6);
    world.add(world.any(Context.class, random).events());
  }

  private static void awaitEvent(World world, Random random) throws Exception {
    AsyncEvents events = world.mine(AsyncEvents.class, random);
    events.await(Duration.ofMillis(random.nextInt(3)));
    events.wakeup();
  }
}
