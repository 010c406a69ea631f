package io.verbena.verbs;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The objects that the requests of a batch name by their address: the library reads them while it
 * posts. A closed one is noticed just before; whoever closes one later waits for the post to end,
 * see {@link NativeObject#users}.
 */
final class References {
  private @Nullable NativeObject[] objects = new @Nullable NativeObject[2];
  private int[] generations = new int[2];
  private int count;

  @SuppressWarnings("ReferenceEquality") // native objects are equal only to themselves
  void add(NativeObject object) {
    // Mostly the requests of a batch go to the same peer.
    if (count > 0 && objects[count - 1] == object) {
      return;
    }
    if (count == objects.length) {
      objects = Arrays.copyOf(objects, 2 * count);
      generations = Arrays.copyOf(generations, 2 * count);
    }
    generations[count] = generation(object);
    objects[count++] = object;
  }

  /**
   * Called inside the guard of the batch.
   *
   * @throws IllegalStateException if one is closed, or has become something else
   */
  void requireOpen() {
    for (int i = 0; i < count; i++) {
      NativeObject object = objects[i];
      if (object != null) {
        object.requireOpen();
        if (generation(object) != generations[i]) {
          throw new IllegalStateException(
              object.description() + " was changed by reregister(): build the batch again");
        }
      }
    }
  }

  private static int generation(NativeObject object) {
    return object instanceof MemoryRegion region ? region.generation() : 0;
  }

  void clear() {
    Arrays.fill(objects, 0, count, null);
    count = 0;
  }
}
