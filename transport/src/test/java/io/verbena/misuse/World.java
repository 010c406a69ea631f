package io.verbena.misuse;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;

/** The objects of one sequence of actions, open and closed ones; any thread may use it. */
final class World {
  /** More would only make sequences longer: closed objects count, too. */
  private static final int LIMIT = 60;

  private static final int CLOSED_LIMIT = 12;

  /** Of so many choices one pays no heed to what is open and fits. */
  private static final int RIGHT_OF = 12;

  /** There is no object of the kind that an action wants, or enough of them. */
  static final class Impossible extends RuntimeException {
    private static final long serialVersionUID = 1;

    Impossible() {
      super(null, null, false, false);
    }
  }

  private record Held(AutoCloseable object, Thread owner) {}

  private final boolean anyThread;
  private final List<Held> held = new ArrayList<>();

  /**
   * Makes an empty world.
   *
   * @param anyThread whether threads use what the rules give to one at a time
   */
  World(boolean anyThread) {
    this.anyThread = anyThread;
  }

  /** Adds an object that the running thread has made. */
  synchronized <T extends AutoCloseable> T add(T object) {
    held.add(new Held(object, Thread.currentThread()));
    return object;
  }

  /** Gives up when there are too many of a kind. */
  void limit(Class<? extends AutoCloseable> kind, int most) {
    forgetSomeClosed();
    if (of(kind, false).size() >= most || size() >= LIMIT) {
      throw new Impossible();
    }
  }

  private synchronized int size() {
    return held.size();
  }

  /** A few closed ones are enough to be misused. */
  private synchronized void forgetSomeClosed() {
    int closed = 0;
    for (int i = held.size() - 1; i >= 0; i--) {
      if (!Openness.isOpen(held.get(i).object) && ++closed > CLOSED_LIMIT) {
        held.remove(i);
      }
    }
  }

  /** Any object of a kind, for what all threads may do; most often an open one. */
  <T extends AutoCloseable> T any(Class<T> kind, Random random) {
    return any(kind, random, _ -> true);
  }

  /** Any object of a kind; most often an open one that fits. */
  <T extends AutoCloseable> T any(Class<T> kind, Random random, Predicate<T> fits) {
    return choose(of(kind, false), random, fits);
  }

  /** An object of a kind, for what one thread at a time may do; most often an open one. */
  <T extends AutoCloseable> T mine(Class<T> kind, Random random) {
    return mine(kind, random, _ -> true);
  }

  /** Likewise; most often an open one that fits. */
  <T extends AutoCloseable> T mine(Class<T> kind, Random random, Predicate<T> fits) {
    return choose(of(kind, !anyThread), random, fits);
  }

  private static <T> T choose(List<T> objects, Random random, Predicate<T> fits) {
    if (objects.isEmpty()) {
      throw new Impossible();
    }
    if (random.nextInt(RIGHT_OF) > 0) {
      List<T> right =
          objects.stream().filter(each -> Openness.isOpen(each) && fits.test(each)).toList();
      if (!right.isEmpty()) {
        return right.get(random.nextInt(right.size()));
      }
    }
    return objects.get(random.nextInt(objects.size()));
  }

  private synchronized <T extends AutoCloseable> List<T> of(Class<T> kind, boolean own) {
    List<T> objects = new ArrayList<>();
    for (Held each : held) {
      if (kind.isInstance(each.object) && (!own || each.owner == Thread.currentThread())) {
        objects.add(kind.cast(each.object));
      }
    }
    return objects;
  }

  /** Everything, in any order. */
  synchronized List<AutoCloseable> shuffled(Random random) {
    List<AutoCloseable> all = new ArrayList<>(held.stream().map(Held::object).toList());
    Collections.shuffle(all, random);
    return all;
  }
}
