package io.verbena.misuse;

import io.verbena.RdmaDevice;
import io.verbena.verbs.Access;
import io.verbena.verbs.CompletionChannel;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.Context;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairConfig;
import io.verbena.verbs.QueuePairType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Making, asking and closing. */
final class ObjectActions {
  static final List<Action> ALL =
      List.of(
          new Action("open", 2, ObjectActions::open),
          new Action("query the device", 2, ObjectActions::query),
          new Action("create a domain", 4, ObjectActions::createDomain),
          new Action("create a channel", 3, ObjectActions::createChannel),
          new Action("create a queue", 6, ObjectActions::createQueue),
          new Action("allocate a region", 6, ObjectActions::allocate),
          new Action("register memory", 3, ObjectActions::register),
          new Action("touch a region", 4, ObjectActions::touch),
          new Action("create a queue pair", 8, ObjectActions::createPair),
          new Action("close", 5, ObjectActions::close));

  private static final int MOST_BYTES = 1 << 25;

  private ObjectActions() {}

  private static void open(World world, Random random) throws Exception {
    world.limit(Context.class, 3);
    world.add(RdmaDevice.find().open());
  }

  private static void query(World world, Random random) throws Exception {
    Context context = world.any(Context.class, random);
    int port = random.nextInt(3);
    switch (random.nextInt(4)) {
      case 0 -> context.attributes();
      case 1 -> context.port(port);
      case 2 -> context.gids(port);
      default -> context.pkey(port, Odd.number(random));
    }
  }

  private static void createDomain(World world, Random random) throws Exception {
    world.limit(ProtectionDomain.class, 8);
    world.add(world.any(Context.class, random).createDomain());
  }

  private static void createChannel(World world, Random random) throws Exception {
    world.limit(CompletionChannel.class, 8);
    world.add(world.any(Context.class, random).createCompletionChannel());
  }

  private static void createQueue(World world, Random random) throws Exception {
    world.limit(CompletionQueue.class, 16);
    Context context = world.any(Context.class, random);
    int entries = random.nextInt(10) == 0 ? Odd.number(random) : 1 + random.nextInt(600);
    world.add(
        random.nextBoolean()
            ? context.createCompletionQueue(entries)
            : context.createCompletionQueue(entries, world.any(CompletionChannel.class, random)));
  }

  private static void allocate(World world, Random random) throws Exception {
    world.limit(MemoryRegion.class, 20);
    // Not two gigabytes: the machine may have them, but not for each thread.
    int bytes =
        random.nextInt(10) == 0
            ? Math.min(Odd.number(random), MOST_BYTES)
            : 1 + random.nextInt(1 << 17);
    world.add(world.any(ProtectionDomain.class, random).allocate(bytes, rights(random)));
  }

  private static void register(World world, Random random) throws Exception {
    world.limit(MemoryRegion.class, 20);
    ProtectionDomain domain = world.any(ProtectionDomain.class, random);
    world.add(domain.register(memory(world, random), rights(random)));
  }

  /** Of an arena that may be closed at any time: it refuses while its memory is registered. */
  @SuppressWarnings("MustBeClosedChecker") // the world closes it
  private static MemorySegment memory(World world, Random random) {
    Arena arena = random.nextBoolean() ? Arena.ofAuto() : world.add(Arena.ofShared());
    return arena.allocate(1 + random.nextInt(9000));
  }

  private static Access[] rights(Random random) {
    if (random.nextBoolean()) {
      return new Access[] {
        Access.LOCAL_WRITE, Access.REMOTE_READ, Access.REMOTE_WRITE, Access.REMOTE_ATOMIC
      };
    }
    return Arrays.stream(Access.values())
        // Without huge pages and a device that can, these are refused and nothing else.
        .filter(right -> right != Access.ON_DEMAND && right != Access.HUGE_PAGES)
        .filter(right -> random.nextInt(3) == 0)
        .toArray(Access[]::new);
  }

  private static void touch(World world, Random random) {
    MemoryRegion region = world.any(MemoryRegion.class, random);
    region.memory().set(ValueLayout.JAVA_BYTE, random.nextLong(region.length()), (byte) 1);
  }

  private static void createPair(World world, Random random) throws Exception {
    world.limit(QueuePair.class, 16);
    QueuePairType[] types = QueuePairType.values();
    ProtectionDomain domain = world.any(ProtectionDomain.class, random);
    world.add(
        domain.createQueuePair(
            new QueuePairConfig(
                random.nextInt(3) > 0
                    ? QueuePairType.RELIABLE
                    : types[random.nextInt(types.length)],
                queue(domain, world, random),
                queue(domain, world, random),
                depth(random),
                depth(random),
                1 + random.nextInt(4),
                1 + random.nextInt(4),
                random.nextInt(300))));
  }

  /** A completion queue, most often one that fits the domain. */
  static CompletionQueue queue(ProtectionDomain domain, World world, Random random) {
    return world.any(CompletionQueue.class, random, queue -> queue.context() == domain.context());
  }

  private static int depth(Random random) {
    return random.nextInt(20) == 0 ? Odd.number(random) : random.nextInt(64);
  }

  private static void close(World world, Random random) throws Exception {
    AutoCloseable victim = world.any(AutoCloseable.class, random);
    // Whole devices seldom: with them goes all that makes a sequence interesting.
    if (!(victim instanceof Context || victim instanceof ProtectionDomain)
        || random.nextInt(4) == 0) {
      victim.close();
    }
  }
}
