package io.verbena.verbs;

import io.verbena.ffi.ArenaHold;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * Where closed regions of a context were. A request in flight, or a peer, may still name such an
 * address, together with a key that some devices give to the next region: if that region were
 * there, it would get what was meant for the old one. So nothing gets the addresses while a queue
 * is there that was there before the region was closed. With the context's lock.
 */
final class RetiredAddresses {
  /**
   * More are not kept, whatever lives: a program that closes regions for years must not run out of
   * addresses or heap. By then, requests of that age have failed.
   */
  private static final int MOST = 1 << 14;

  private record Retired(long time, ArenaHold hold) {}

  /** Moves on with each region that is closed. */
  private long clock;

  /** Everything that requests are posted to or arrive at, oldest first, and since when. */
  private final SequencedMap<NativeObject, Long> queues = new LinkedHashMap<>();

  /** Oldest first. */
  private final Deque<Retired> retired = new ArrayDeque<>();

  void opened(NativeObject queue) {
    queues.put(queue, clock);
  }

  void closed(NativeObject queue) {
    queues.remove(queue);
    long oldest = queues.isEmpty() ? Long.MAX_VALUE : queues.firstEntry().getValue();
    giveUp(oldest);
  }

  /** The device does not use the memory any more: it is given back, its addresses are not yet. */
  void add(ArenaHold hold) {
    if (queues.isEmpty()) {
      hold.close();
    } else if (hold.vacate()) {
      clock++;
      retired.addLast(new Retired(clock, hold));
      if (retired.size() > MOST) {
        retired.removeFirst().hold.close();
      }
    }
  }

  /** The device has forgotten the context, and so all of its queues. */
  void clear() {
    queues.clear();
    giveUp(Long.MAX_VALUE);
  }

  private void giveUp(long time) {
    while (!retired.isEmpty() && retired.getFirst().time <= time) {
      retired.removeFirst().hold.close();
    }
  }
}
