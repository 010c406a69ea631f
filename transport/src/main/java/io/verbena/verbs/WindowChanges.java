package io.verbena.verbs;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the requests of a batch do to memory windows of type 2. A window has changed when the device
 * has the request, not when somebody has written it down: the batch may be dropped.
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

  /** Whether the window will be bound after what the batch has so far. */
  boolean isBoundAfter(MemoryWindow window, boolean boundBefore) {
    for (int i = count - 1; i >= 0; i--) {
      if (window.equals(windows[i])) {
        return regions[i] != null;
      }
    }
    return boundBefore;
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
