package io.verbena.collective;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Ranks agree on who is still there: each tells all others whom it misses, until all say the same.
 * If one is lost while others have finished already, those who have not fail at their deadline.
 */
final class Shrinking {
  private static final long FIRST_TAG = Long.MIN_VALUE / 2;
  private static final int MOST_ROUNDS = 1 << 20;

  private final Scope scope;
  private final Group group;
  private final BitSet lost = new BitSet();

  /** Numbers for a communicator, as the ranks have reserved them. */
  private final long[] numbers;

  private int first;

  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Exchange(int rank, long[] said, Message send, Message receive) {}

  Shrinking(Scope scope) {
    this.scope = scope;
    this.group = scope.group;
    this.numbers = new long[group.size()];
    scope.engine.lock();
    try {
      numbers[group.rank()] = scope.engine.reserve();
    } finally {
      scope.engine.unlock();
    }
  }

  /** Of the communicator that was agreed on. */
  long number() {
    return numbers[first];
  }

  /**
   * Agrees.
   *
   * @param times how often it was called for this communicator, the same at all ranks
   */
  Group agree(int times) throws CollectiveException {
    boolean agreed = false;
    for (int round = 0; !agreed && round < MOST_ROUNDS; round++) {
      agreed = round(FIRST_TAG + (long) times * MOST_ROUNDS + round);
    }
    int[] world = new int[group.size() - lost.cardinality()];
    first = lost.nextClearBit(0);
    int own = 0;
    for (int rank = lost.nextClearBit(0), i = 0; i < world.length; i++) {
      world[i] = group.world(rank);
      own = rank == group.rank() ? i : own;
      rank = lost.nextClearBit(rank + 1);
    }
    return new Group(world, own);
  }

  /** Whether all who are there have said the same. */
  private boolean round(long tag) throws CollectiveException {
    List<Exchange> exchanges = new ArrayList<>();
    long[] mine = words();
    scope.engine.lock();
    try {
      for (int rank = 0; rank < group.size(); rank++) {
        if (scope.engine.peers.isLost(group.world(rank))) {
          lost.set(rank);
        }
      }
      lost.stream().forEach(rank -> mine[1 + rank / Long.SIZE] |= 1L << rank);
      mine[0] = numbers[group.rank()];
      for (int rank = 0; rank < group.size(); rank++) {
        if (rank != group.rank() && !lost.get(rank)) {
          exchanges.add(exchange(rank, mine, tag));
        }
      }
    } finally {
      scope.engine.unlock();
    }
    try {
      boolean agreed = true;
      for (Exchange each : exchanges) {
        agreed &= finish(each, mine);
      }
      return agreed;
    } finally {
      exchanges.forEach(this::release);
    }
  }

  private long[] words() {
    return new long[1 + (group.size() + Long.SIZE - 1) / Long.SIZE];
  }

  private Exchange exchange(int rank, long[] mine, long tag) {
    long[] said = words();
    var receive = new Message(scope.engine.peers, group);
    receive.prepare(false, Elements.of(said), rank, tag);
    var send = new Message(scope.engine.peers, group);
    send.prepare(true, Elements.of(mine), rank, tag);
    for (Message each : List.of(receive, send)) {
      each.begin(scope.collectiveContext());
      scope.engine.add(each);
    }
    return new Exchange(rank, said, send, receive);
  }

  private boolean finish(Exchange exchange, long[] mine) throws CollectiveException {
    try {
      scope.await(exchange.send(), scope.timeout(), "shrink");
      scope.await(exchange.receive(), scope.timeout(), "shrink");
    } catch (CollectiveException e) {
      boolean isGone =
          e.kind() == CollectiveException.Kind.RANK_LOST
              || e.kind() == CollectiveException.Kind.RANK_LEFT;
      if (!isGone) {
        throw e;
      }
      lost.set(exchange.rank());
      return false;
    }
    long[] said = exchange.said();
    numbers[exchange.rank()] = said[0];
    boolean same = true;
    for (int i = 1; i < said.length; i++) {
      same &= said[i] == mine[i];
      lost.or(shifted(said[i], i));
    }
    lost.clear(group.rank());
    return same;
  }

  /** Ends what has not, so that nothing is written to its memory any more, and frees that. */
  private void release(Exchange exchange) {
    for (Message each : List.of(exchange.send(), exchange.receive())) {
      scope.engine.lock();
      try {
        each.fail(new CollectiveException(CollectiveException.Kind.CANCELLED, "shrink failed"));
      } finally {
        scope.engine.unlock();
      }
      scope.engine.await(each, Scope.deadline(scope.timeout()), "shrink");
      each.free();
    }
  }

  private static BitSet shifted(long word, int index) {
    var bits = new BitSet();
    for (int bit = 0; bit < Long.SIZE; bit++) {
      if ((word >>> bit & 1) != 0) {
        bits.set((index - 1) * Long.SIZE + bit);
      }
    }
    return bits;
  }
}
