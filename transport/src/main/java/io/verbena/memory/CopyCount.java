package io.verbena.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * How many foreign buffers were copied. One thread at a time adds, any reads: counting takes no
 * atomic instruction, which would cost as much as a copy of a hundred bytes.
 */
final class CopyCount {
  private static final VarHandle COPIES;
  private static final VarHandle BYTES;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      COPIES = lookup.findVarHandle(CopyCount.class, "copies", long.class);
      BYTES = lookup.findVarHandle(CopyCount.class, "bytes", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private long copies;
  private long bytes;

  void add(int copiedBytes) {
    COPIES.setOpaque(this, copies + 1);
    BYTES.setOpaque(this, bytes + copiedBytes);
  }

  void add(CopyCount other) {
    COPIES.setOpaque(this, copies + other.copies());
    BYTES.setOpaque(this, bytes + other.bytes());
  }

  long copies() {
    return (long) COPIES.getOpaque(this);
  }

  long bytes() {
    return (long) BYTES.getOpaque(this);
  }
}
