package io.verbena.collective;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * What the ranks say when communicators are split: color, key, and a number that nobody else has.
 */
final class Votes {
  private static final int FIELDS = 3;

  private final long[] fields;

  Votes(int ranks) {
    fields = new long[FIELDS * ranks];
  }

  Elements elements() {
    return Elements.of(fields);
  }

  void set(int rank, int color, int key, long number) {
    fields[FIELDS * rank] = color;
    fields[FIELDS * rank + 1] = key;
    fields[FIELDS * rank + 2] = number;
  }

  /** The number of the communicator of a color: that which its first rank has reserved. */
  long number(int color) {
    for (int i = 0; i < fields.length; i += FIELDS) {
      if (fields[i] == color) {
        return fields[i + 2];
      }
    }
    throw new IllegalArgumentException("nobody has color " + color);
  }

  /** The ranks of a color, which this one has, by their keys. */
  Group group(Group of, int color) {
    int[] members =
        IntStream.range(0, of.size())
            .filter(rank -> fields[FIELDS * rank] == color)
            .boxed()
            .sorted(Comparator.comparingLong(rank -> fields[FIELDS * rank + 1]))
            .mapToInt(Integer::intValue)
            .toArray();
    int own = -1;
    int[] world = new int[members.length];
    for (int i = 0; i < members.length; i++) {
      world[i] = of.world(members[i]);
      if (members[i] == of.rank()) {
        own = i;
      }
    }
    return new Group(world, own);
  }
}
