package io.verbena.misuse;

import io.verbena.verbs.Access;
import io.verbena.verbs.AddressVector;
import io.verbena.verbs.CompletionChannel;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.Completions;
import io.verbena.verbs.ConnectOptions;
import io.verbena.verbs.Context;
import io.verbena.verbs.Gid;
import io.verbena.verbs.LinkLayer;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairAddress;
import io.verbena.verbs.QueuePairAttributes;
import io.verbena.verbs.QueuePairTransition;
import io.verbena.verbs.QueuePairType;
import io.verbena.verbs.ReceiveBatch;
import io.verbena.verbs.SendBatch;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Connecting, posting, polling and waiting. */
final class TrafficActions {
  static final List<Action> ALL =
      List.of(
          new Action("connect two", 8, TrafficActions::connectTwo),
          new Action("connect to nobody", 2, TrafficActions::connectToNobody),
          new Action("modify", 4, TrafficActions::modify),
          new Action("query a queue pair", 2, TrafficActions::query),
          new Action("post sends", 25, TrafficActions::send),
          new Action("post receives", 12, TrafficActions::receive),
          new Action("poll", 15, TrafficActions::poll),
          Action.perhaps("read without completion", 1, TrafficActions::readAnyway),
          new Action("arm", 3, TrafficActions::arm),
          new Action("await a queue", 4, TrafficActions::awaitQueue),
          new Action("await a channel", 2, TrafficActions::awaitChannel),
          new Action("wake up", 2, TrafficActions::wakeup));

  private TrafficActions() {}

  private static void connectTwo(World world, Random random) throws Exception {
    QueuePair left = world.any(QueuePair.class, random);
    QueuePair right = random.nextInt(4) == 0 ? left : world.any(QueuePair.class, random);
    if (random.nextInt(4) > 0) {
      left.modify(new QueuePairTransition.ToReset());
      right.modify(new QueuePairTransition.ToReset());
    }
    QueuePairAddress leftAddress = left.address(1, gidIndex(left.domain().context()));
    QueuePairAddress rightAddress = right.address(1, gidIndex(right.domain().context()));
    ConnectOptions options =
        ConnectOptions.defaults()
            .withTimeout(8 + random.nextInt(4))
            .withRetryCount(random.nextInt(3))
            .withRnrRetry(random.nextInt(8));
    left.connect(rightAddress, options);
    if (right != left) {
      right.connect(leftAddress, options);
    }
  }

  static int gidIndex(Context context) throws Exception {
    return context.gids(1).getLast().index();
  }

  private static void connectToNobody(World world, Random random) throws Exception {
    QueuePair pair = world.any(QueuePair.class, random);
    pair.modify(new QueuePairTransition.ToReset());
    QueuePairAddress mine = pair.address(1, gidIndex(pair.domain().context()));
    pair.connect(
        new QueuePairAddress(
            random.nextInt(1 << 24),
            random.nextInt(1 << 24),
            0,
            // One that is there: the kernel looks seconds for others.
            mine.gid(),
            1,
            0,
            1024,
            LinkLayer.ETHERNET));
  }

  private static void modify(World world, Random random) throws Exception {
    QueuePair pair = world.any(QueuePair.class, random);
    pair.modify(
        switch (random.nextInt(6)) {
          case 0 -> new QueuePairTransition.ToReset();
          case 1 -> new QueuePairTransition.ToError();
          case 2 -> new QueuePairTransition.ToInit(attributes(random));
          case 3 ->
              new QueuePairTransition.ToInit(
                  QueuePairAttributes.none()
                      .withPort(1)
                      .withPkeyIndex(0)
                      .withAccess(Set.of(Access.REMOTE_WRITE)));
          case 4 -> new QueuePairTransition.ToReceive(attributes(random));
          default -> new QueuePairTransition.ToSend(attributes(random));
        });
  }

  private static QueuePairAttributes attributes(Random random) {
    QueuePairAttributes attributes = QueuePairAttributes.none();
    for (int i = random.nextInt(8); i > 0; i--) {
      int number = random.nextInt(32);
      attributes =
          switch (random.nextInt(10)) {
            case 0 -> attributes.withPort(number);
            case 1 -> attributes.withPkeyIndex(number);
            case 2 -> attributes.withPathMtu(1024);
            case 3 -> attributes.withPeerNumber(number);
            case 4 -> attributes.withReceiveSequence(number);
            case 5 -> attributes.withSendSequence(number);
            case 6 -> attributes.withTimeout(number).withRetryCount(3).withRnrRetry(number);
            case 7 -> attributes.withMaxReadAtomic(number).withMaxServedReadAtomic(number);
            case 8 -> attributes.withMinRnrTimer(number);
            default ->
                attributes.withAddressVector(
                    new AddressVector(
                        number, number, 0, new Gid(0, number), number > 9, 0, 0, number));
          };
    }
    return attributes;
  }

  private static void query(World world, Random random) throws Exception {
    QueuePair pair = world.any(QueuePair.class, random);
    if (random.nextBoolean()) {
      pair.snapshot();
    } else {
      pair.address(random.nextInt(3), random.nextInt(4));
    }
  }

  private static void send(World world, Random random) throws Exception {
    QueuePair pair =
        world.mine(QueuePair.class, random, each -> each.type() != QueuePairType.DATAGRAM);
    SendBatch batch = pair.sends();
    for (int i = 1 + random.nextInt(random.nextInt(8) == 0 ? 80 : 4); i > 0; i--) {
      add(batch, pair.domain(), world, random);
    }
    if (random.nextInt(20) == 0) {
      batch.clear();
    } else if (random.nextInt(12) > 0) {
      batch.submit();
    }
  }

  private static void add(SendBatch batch, ProtectionDomain domain, World world, Random random) {
    if (random.nextInt(3) > 0) {
      batch.signaled();
    }
    boolean inline = random.nextInt(5) == 0;
    if (inline) {
      batch.inline();
    }
    if (random.nextInt(8) == 0) {
      batch.fence().solicited();
    }
    MemoryRegion region = region(domain, world, random);
    MemoryRegion target = region(domain, world, random);
    int offset = Odd.within(region.length(), random);
    long room = Math.max(1, region.length() - offset);
    int length = Odd.within(inline ? Math.min(room, 64) : room, random);
    long remote = target.address() + Odd.within(target.length(), random);
    int rkey = random.nextInt(10) == 0 ? random.nextInt() : target.rkey();
    long id = random.nextLong();
    switch (inline ? random.nextInt(5) : random.nextInt(8)) {
      case 0, 1 -> batch.send(id, region, offset, length);
      case 2 -> batch.sendImmediate(id, region, offset, length, (int) id);
      case 3 -> batch.write(id, region, offset, length, remote, rkey);
      case 4 -> batch.writeImmediate(id, region, offset, length, remote, rkey, (int) id);
      case 5 -> batch.read(id, region, offset, length, remote, rkey);
      case 6 -> batch.fetchAndAdd(id, region, offset, remote, rkey, 1);
      default -> batch.compareAndSwap(id, region, offset, remote, rkey, 1, 2);
    }
  }

  static MemoryRegion region(ProtectionDomain domain, World world, Random random) {
    return world.any(MemoryRegion.class, random, region -> region.domain() == domain);
  }

  private static void receive(World world, Random random) throws Exception {
    QueuePair pair = world.mine(QueuePair.class, random);
    ReceiveBatch batch = pair.receives();
    for (int i = 1 + random.nextInt(8); i > 0; i--) {
      MemoryRegion region = region(pair.domain(), world, random);
      int offset = Odd.within(region.length(), random);
      batch.receive(i, region, offset, Odd.within(region.length() - offset, random));
    }
    if (random.nextInt(12) > 0) {
      batch.submit();
    }
  }

  private static void poll(World world, Random random) throws Exception {
    Completions done = world.mine(CompletionQueue.class, random).poll();
    for (int i = random.nextInt(100); i > 0 && done.next(); i--) {
      read(done);
      if (!done.succeeded()) {
        var _ = done.failure().getMessage();
      }
      done.queuePair().number();
    }
  }

  private static void readAnyway(World world, Random random) throws Exception {
    Completions done = world.mine(CompletionQueue.class, random).poll();
    read(done);
    done.immediate();
  }

  private static void read(Completions done) {
    done.id();
    done.status();
    done.kind();
    done.byteCount();
    done.hasImmediate();
  }

  private static void arm(World world, Random random) throws Exception {
    world.mine(CompletionQueue.class, random).arm(random.nextBoolean());
  }

  private static void awaitQueue(World world, Random random) throws Exception {
    world.mine(CompletionQueue.class, random).await(Duration.ofMillis(random.nextInt(5)));
  }

  private static void awaitChannel(World world, Random random) throws Exception {
    world.mine(CompletionChannel.class, random).await(Duration.ofMillis(random.nextInt(5)));
  }

  private static void wakeup(World world, Random random) {
    if (random.nextBoolean()) {
      world.any(CompletionQueue.class, random).wakeup();
    } else {
      world.any(CompletionChannel.class, random).wakeup();
    }
  }
}
