package io.verbena.samples.kv;

import io.verbena.memory.RegisteredMemory;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All values, and the table in which clients look for short ones by themselves. Each key has one
 * place in the table; of keys that share one, that which was put last has it. So the table may not
 * have a key, but never has an old value of it once a put has been answered. Thread-safe.
 */
final class Store {
  /** What an entry takes beside its bytes: many short ones would fill the heap otherwise. */
  private static final int ENTRY_BYTES = 128;

  private final Map<ByteBuffer, byte[]> values = new HashMap<>();
  private final RegisteredMemory table;
  private final long mostBytes;
  private long bytes;

  Store(RegisteredMemory table, long mostBytes) {
    this.table = table;
    this.mostBytes = mostBytes;
    for (int i = 0; i < places(); i++) {
      Slot.clear(slot(i));
    }
  }

  RegisteredMemory table() {
    return table;
  }

  private int places() {
    return (int) (table.length() / Slot.BYTES);
  }

  private MemorySegment slot(int place) {
    return table.segment().asSlice((long) place * Slot.BYTES, Slot.BYTES);
  }

  private MemorySegment slotOf(byte[] key) {
    return slot(Slot.placeOf(key, places()));
  }

  synchronized byte @Nullable [] get(byte[] key) {
    return values.get(ByteBuffer.wrap(key));
  }

  /** Returns false if there is no room. */
  synchronized boolean put(byte[] key, byte[] value) {
    var name = ByteBuffer.wrap(key);
    byte[] before = values.get(name);
    long more = before == null ? taken(key, value) : value.length - before.length;
    if (bytes + more > mostBytes) {
      return false;
    }
    bytes += more;
    values.put(name, value);
    if (Slot.fits(key, value)) {
      Slot.write(slotOf(key), key, value);
    } else {
      forget(key);
    }
    return true;
  }

  synchronized boolean delete(byte[] key) {
    byte[] before = values.remove(ByteBuffer.wrap(key));
    if (before == null) {
      return false;
    }
    bytes -= taken(key, before);
    forget(key);
    return true;
  }

  private static long taken(byte[] key, byte[] value) {
    return (long) ENTRY_BYTES + key.length + value.length;
  }

  private void forget(byte[] key) {
    MemorySegment slot = slotOf(key);
    if (Slot.holds(slot, key)) {
      Slot.clear(slot);
    }
  }
}
