package io.verbena.verbs;

import io.verbena.ffi.InlineVerbs;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the requests of a batch do to memory windows of type 2. A window has changed when the device
 * has the request, not when somebody has written it down: the batch may be dropped.
 *
 * <p>A request that ends a binding twice crashes the kernel of Linux 6.1 with soft-RoCE, and one
 * that binds names objects that may be closed behind it. So such requests stand in their slots only
 * while they are posted, by a thread that has looked once more, one at a time. Otherwise their
 * slots hold one that the device refuses: that is what threads post which share a batch against the
 * rules.
 */
final class WindowChanges {
  private @Nullable MemoryWindow[] windows = new @Nullable MemoryWindow[1];

  /** Where each is bound to; null where its binding ends. */
  private @Nullable MemoryRegion[] regions = new @Nullable MemoryRegion[1];

  private int[] places = new int[1];
  private int[] keys = new int[1];
  private int count;

  /** The request at a place of the batch binds a window, or ends its binding if to no region. */
  void add(MemoryWindow window, int place, @Nullable MemoryRegion region) {
    if (count == places.length) {
      windows = Arrays.copyOf(windows, 2 * count);
      places = Arrays.copyOf(places, 2 * count);
      keys = Arrays.copyOf(keys, 2 * count);
      regions = Arrays.copyOf(regions, 2 * count);
    }
    windows[count] = window;
    places[count] = place;
    keys[count] = window.rkey();
    regions[count++] = region;
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** Whether the window will be bound after what the batch has so far. */
  boolean isBoundAfter(MemoryWindow window, boolean boundBefore) {
    return isBoundBefore(count, window, boundBefore);
  }

  private boolean isBoundBefore(int end, MemoryWindow window, boolean boundBefore) {
    for (int i = end - 1; i >= 0; i--) {
      if (window.equals(windows[i])) {
        return regions[i] != null;
      }
    }
    return boundBefore;
  }

  /**
   * Makes the requests what they are. With the lock of the domain's windows, until {@link #disarm}.
   *
   * @param address the first slot
   * @param stride bytes from one slot to the next
   * @throws IllegalStateException if another thread has ended a binding meanwhile
   */
  void arm(QueuePair pair, long address, long stride) {
    int end = count;
    for (int i = 0; i < end; i++) {
      MemoryWindow window = windows[i];
      if (window != null && regions[i] == null) {
        window.requireBound(pair, isBoundBefore(i, window, window.isBoundTo(pair)));
      }
    }
    for (int i = 0; i < end; i++) {
      long slot = address + places[i] * stride;
      if (regions[i] == null) {
        InlineVerbs.putInt(slot + SendChain.IMMEDIATE, keys[i]);
      } else {
        InlineVerbs.putInt(slot + SendQueue.OPCODE, Abi.WR_BIND_WINDOW);
      }
    }
  }

  /** Takes {@link #arm} back. */
  void disarm(long address, long stride) {
    for (int i = 0; i < count; i++) {
      disarm(address + places[i] * stride);
    }
  }

  /** The request of a slot ends no binding, nor makes one, whoever posts it. */
  static void disarm(long slot) {
    InlineVerbs.putInt(slot + SendQueue.OPCODE, Abi.WR_INVALIDATE);
    // No window has it: numbers start at 1.
    InlineVerbs.putInt(slot + SendChain.IMMEDIATE, 0);
  }

  /**
   * Called inside the guard of the batch: the library has taken its first requests.
   *
   * @param first the number of the first one in the send queue
   * @param accepted how many
   */
  void posted(QueuePair pair, long first, int accepted) {
    for (int i = 0; i < count && places[i] < accepted; i++) {
      MemoryWindow window = windows[i];
      if (window != null) {
        window.posted(pair, first + places[i], keys[i], regions[i]);
      }
    }
    clear();
  }

  /** The rest will not be posted. */
  void clear() {
    for (int i = 0; i < count; i++) {
      MemoryWindow window = windows[i];
      if (window != null) {
        window.settle();
      }
    }
    Arrays.fill(windows, 0, count, null);
    Arrays.fill(regions, 0, count, null);
    count = 0;
  }
}
