package io.verbena.misuse;

import io.verbena.rdmacm.Connection;
import io.verbena.rdmacm.ConnectionManager;
import io.verbena.rdmacm.MulticastMembership;
import io.verbena.rdmacm.Route;
import io.verbena.verbs.Access;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.CompletionQueueConfig;
import io.verbena.verbs.CompletionTimestamp;
import io.verbena.verbs.Context;
import io.verbena.verbs.MemoryAdvice;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.MemoryWindow;
import io.verbena.verbs.MemoryWindowType;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.SendBatch;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/** Memory windows, and changing what is there already. */
final class MemoryActions {
  static final List<Action> ALL =
      List.of(
          new Action("allocate for windows", 2, MemoryActions::allocate),
          new Action("create a window", 3, MemoryActions::createWindow),
          Action.perhaps("bind at once", 3, MemoryActions::bindAtOnce),
          Action.perhaps("unbind at once", 1, MemoryActions::unbindAtOnce),
          Action.perhaps("bind in a batch", 4, MemoryActions::bind),
          Action.perhaps("invalidate", 2, MemoryActions::invalidate),
          Action.perhaps("send with invalidate", 2, MemoryActions::sendInvalidate),
          new Action("resize", 3, MemoryActions::resize),
          Action.perhaps("moderate", 1, MemoryActions::moderate),
          Action.perhaps("create a queue with timestamps", 1, MemoryActions::createTimed),
          Action.perhaps("register anew", 2, MemoryActions::reregister),
          Action.perhaps("advise", 1, MemoryActions::advise),
          Action.perhaps("join a group", 2, MemoryActions::join),
          Action.perhaps("move a connection", 2, MemoryActions::move));

  private MemoryActions() {}

  private static void allocate(World world, Random random) throws Exception {
    world.limit(MemoryRegion.class, 24);
    world.add(
        world
            .any(ProtectionDomain.class, random)
            .allocate(
                1 + random.nextInt(9000),
                Access.LOCAL_WRITE,
                Access.REMOTE_READ,
                Access.REMOTE_WRITE,
                Access.WINDOW_BIND));
  }

  private static void createWindow(World world, Random random) throws Exception {
    world.limit(MemoryWindow.class, 10);
    world.add(world.any(ProtectionDomain.class, random).createMemoryWindow(type(random)));
  }

  private static MemoryWindowType type(Random random) {
    return random.nextBoolean() ? MemoryWindowType.TYPE_1 : MemoryWindowType.TYPE_2;
  }

  private static void bindAtOnce(World world, Random random) throws Exception {
    QueuePair pair = world.mine(QueuePair.class, random);
    MemoryRegion region = TrafficActions.region(pair.domain(), world, random);
    long offset = Odd.within(region.length(), random);
    window(pair, MemoryWindowType.TYPE_1, world, random)
        .bind(
            pair,
            1,
            region,
            offset,
            Odd.within(region.length() - offset, random),
            Access.REMOTE_READ);
  }

  private static void unbindAtOnce(World world, Random random) throws Exception {
    world
        .any(MemoryWindow.class, random)
        .unbind(world.mine(QueuePair.class, random), 1, world.any(MemoryRegion.class, random));
  }

  private static MemoryWindow window(
      QueuePair pair, MemoryWindowType type, World world, Random random) {
    return world.any(
        MemoryWindow.class,
        random,
        window -> window.type() == type && window.domain() == pair.domain());
  }

  private static void bind(World world, Random random) throws Exception {
    QueuePair pair = world.mine(QueuePair.class, random);
    MemoryWindow window = window(pair, MemoryWindowType.TYPE_2, world, random);
    MemoryRegion region = TrafficActions.region(pair.domain(), world, random);
    SendBatch batch = pair.sends().signaled();
    batch.bind(1, window, region, 0, Odd.within(region.length(), random), Access.REMOTE_READ);
    if (random.nextInt(3) == 0) {
      batch.invalidate(2, window);
    }
    batch.submit();
  }

  private static void invalidate(World world, Random random) throws Exception {
    QueuePair pair = world.mine(QueuePair.class, random);
    MemoryWindow window = window(pair, MemoryWindowType.TYPE_2, world, random);
    pair.sends().signaled().invalidate(1, window).submit();
  }

  private static void sendInvalidate(World world, Random random) throws Exception {
    // Not a window's: where it is not bound, soft-RoCE crashes the kernel of Linux 6.1.
    int key = world.any(MemoryRegion.class, random).rkey();
    QueuePair pair = world.mine(QueuePair.class, random);
    pair.sends()
        .signaled()
        .sendInvalidate(1, TrafficActions.region(pair.domain(), world, random), 0, 1, key)
        .submit();
  }

  private static void resize(World world, Random random) throws Exception {
    world
        .any(CompletionQueue.class, random)
        .resize(random.nextInt(6) == 0 ? Odd.number(random) : 1 + random.nextInt(2000));
  }

  private static void moderate(World world, Random random) throws Exception {
    world
        .any(CompletionQueue.class, random)
        .moderate(random.nextInt(10), Duration.ofNanos(random.nextInt(50_000)));
  }

  private static void createTimed(World world, Random random) throws Exception {
    world.limit(CompletionQueue.class, 16);
    CompletionTimestamp[] timestamps = CompletionTimestamp.values();
    world.add(
        world
            .any(Context.class, random)
            .createCompletionQueue(
                CompletionQueueConfig.of(1 + random.nextInt(600))
                    .withTimestamp(timestamps[random.nextInt(timestamps.length)])));
  }

  private static void reregister(World world, Random random) throws Exception {
    MemoryRegion region = world.any(MemoryRegion.class, random);
    region.reregister(
        world.any(ProtectionDomain.class, random),
        random.nextBoolean() ? region.memory() : Arena.ofAuto().allocate(1 + random.nextInt(9000)),
        Access.LOCAL_WRITE);
  }

  private static void advise(World world, Random random) throws Exception {
    MemoryAdvice[] advice = MemoryAdvice.values();
    MemoryRegion region = world.any(MemoryRegion.class, random);
    region.advise(
        advice[random.nextInt(advice.length)],
        Odd.within(region.length(), random),
        Odd.within(region.length(), random),
        random.nextBoolean());
  }

  private static void join(World world, Random random) throws Exception {
    world.limit(MulticastMembership.class, 4);
    world.add(
        world
            .any(Route.class, random)
            .join(
                InetAddress.getByAddress(new byte[] {(byte) 239, 1, 2, (byte) random.nextInt(4)}),
                world.any(QueuePair.class, random),
                random.nextBoolean(),
                Duration.ofMillis(50)));
  }

  private static void move(World world, Random random) throws Exception {
    world.any(Connection.class, random).moveTo(world.any(ConnectionManager.class, random));
  }
}
