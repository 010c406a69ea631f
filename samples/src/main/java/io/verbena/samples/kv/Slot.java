package io.verbena.samples.kv;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * One place of the table, as it lies in the server's memory and in the client's copy: {@code u64}
 * version, {@code u32} checksum of all but itself, {@code u16} lengths of key and value, key,
 * value; big-endian.
 *
 * <p>A client reads while the server may be writing, and nothing says in which order an adapter
 * fetches the bytes: the copy may be torn. The version is odd while the server writes, and the
 * checksum finds mixtures that an even version does not, all but one in four billion.
 */
final class Slot {
  /** Size of a place. */
  static final int BYTES = 512;

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);

  private static final int CHECKSUM = 8;
  private static final int KEY_LENGTH = 12;
  private static final int VALUE_LENGTH = 14;
  private static final int KEY = 16;

  private static final byte[] NOTHING = {};

  private Slot() {}

  /** The only place where a key can be: the same for server and clients. */
  static int placeOf(byte[] key, int places) {
    var hash = new CRC32C();
    hash.update(key);
    return (int) (hash.getValue() % places);
  }

  static boolean fits(byte[] key, byte[] value) {
    return key.length > 0 && KEY + key.length + value.length <= BYTES;
  }

  /** Writes what {@link #fits}; one writer at a time, readers at any. */
  static void write(MemorySegment slot, byte[] key, byte[] value) {
    long version = slot.get(LONG, 0);
    slot.set(LONG, 0, version + 1);
    // Nobody may see new bytes under the old version, nor the new version over old bytes.
    VarHandle.releaseFence();
    slot.set(SHORT, KEY_LENGTH, (short) key.length);
    slot.set(SHORT, VALUE_LENGTH, (short) value.length);
    MemorySegment.copy(key, 0, slot, ValueLayout.JAVA_BYTE, KEY, key.length);
    MemorySegment.copy(value, 0, slot, ValueLayout.JAVA_BYTE, KEY + key.length, value.length);
    slot.set(INT, CHECKSUM, checksum(slot, version + 2));
    VarHandle.releaseFence();
    slot.set(LONG, 0, version + 2);
  }

  static void clear(MemorySegment slot) {
    write(slot, NOTHING, NOTHING);
  }

  /** Whether a copy is what was written at one time; to be asked first. */
  static boolean isWhole(MemorySegment copy) {
    long version = copy.get(LONG, 0);
    return version % 2 == 0
        && KEY + keyLength(copy) + valueLength(copy) <= BYTES
        && copy.get(INT, CHECKSUM) == checksum(copy, version);
  }

  static boolean holds(MemorySegment copy, byte[] key) {
    return Arrays.equals(bytes(copy, KEY, keyLength(copy)), key);
  }

  static byte[] value(MemorySegment copy) {
    return bytes(copy, KEY + keyLength(copy), valueLength(copy));
  }

  private static int keyLength(MemorySegment slot) {
    return Short.toUnsignedInt(slot.get(SHORT, KEY_LENGTH));
  }

  private static int valueLength(MemorySegment slot) {
    return Short.toUnsignedInt(slot.get(SHORT, VALUE_LENGTH));
  }

  private static byte[] bytes(MemorySegment slot, int offset, int length) {
    return slot.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
  }

  private static int checksum(MemorySegment slot, long version) {
    var sum = new CRC32C();
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      sum.update((int) (version >>> shift));
    }
    int end = KEY + keyLength(slot) + valueLength(slot);
    sum.update(slot.asSlice(KEY_LENGTH, end - KEY_LENGTH).asByteBuffer());
    return (int) sum.getValue();
  }
}
