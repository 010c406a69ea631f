package io.verbena;

import io.netty.buffer.ByteBuf;
import io.netty.util.ReferenceCountUtil;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What arrived and nobody has taken yet, in order. Messages that are still being pulled keep their
 * places. Not thread-safe.
 */
final class Arrivals {
  static final int NONE = 0;
  static final int MESSAGE = 1;
  static final int NOTIFICATION = 2;

  /** A message that is not there yet: nothing behind it is to be taken before it is. */
  static final int PULLED_LATER = 3;

  private static final int FIRST_CAPACITY = 8;

  // One place for each arrival, at its number modulo the capacity, which is a power of 2. An idle
  // endpoint has none.
  private @Nullable ByteBuf[] messages = {};
  private int[] values = {};
  private byte[] kinds = {};
  private long first;
  private long end;

  boolean isEmpty() {
    return first == end;
  }

  int size() {
    return (int) (end - first);
  }

  /** Whether nothing is before the place of this number. */
  boolean isFirst(long number) {
    return number == first;
  }

  /** What is next: {@link #NONE} if nothing can be taken. */
  int next() {
    if (first == end) {
      return NONE;
    }
    int kind = kinds[place(first)];
    return kind == PULLED_LATER ? NONE : kind;
  }

  void add(ByteBuf message) {
    int place = append(MESSAGE);
    messages[place] = message;
  }

  void addNotification(int value) {
    int place = append(NOTIFICATION);
    values[place] = value;
  }

  /** Keeps the place of a message; the number is for {@link #fill}. */
  long reserve() {
    append(PULLED_LATER);
    return end - 1;
  }

  void fill(long number, ByteBuf message) {
    int place = place(number);
    kinds[place] = MESSAGE;
    messages[place] = message;
  }

  /** The message that is next, which {@link #next} has said. */
  @Nullable ByteBuf takeMessage() {
    int place = place(first++);
    ByteBuf message = messages[place];
    messages[place] = null;
    return message;
  }

  /** The value of the notification that is next. */
  int takeNotification() {
    return values[place(first++)];
  }

  /** Releases what nobody will take any more. */
  void drop() {
    for (; first < end; first++) {
      int place = place(first);
      ReferenceCountUtil.safeRelease(messages[place]);
      messages[place] = null;
    }
  }

  private int place(long number) {
    return (int) number & (kinds.length - 1);
  }

  private int append(int kind) {
    if (size() == kinds.length) {
      grow();
    }
    int place = place(end++);
    kinds[place] = (byte) kind;
    return place;
  }

  private void grow() {
    int old = kinds.length;
    int capacity = Math.max(FIRST_CAPACITY, 2 * old);
    @Nullable ByteBuf[] newMessages = Arrays.copyOf(messages, capacity);
    int[] newValues = Arrays.copyOf(values, capacity);
    byte[] newKinds = Arrays.copyOf(kinds, capacity);
    for (long number = first; number < end; number++) {
      int from = (int) number & (old - 1);
      int to = (int) number & (capacity - 1);
      newMessages[to] = messages[from];
      newValues[to] = values[from];
      newKinds[to] = kinds[from];
      if (to != from) {
        newMessages[from] = null;
      }
    }
    messages = newMessages;
    values = newValues;
    kinds = newKinds;
  }
}
