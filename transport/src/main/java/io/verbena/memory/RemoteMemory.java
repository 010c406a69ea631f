package io.verbena.memory;

import io.netty.buffer.ByteBuf;
import java.util.Objects;

/**
 * Memory of a peer that this side may read, write or update, as far as the peer granted it. An
 * immutable value: hand it to the peer in a message ({@link #writeTo}, {@link #readFrom}). It works
 * over RDMA by address and key, on endpoints that lead to the adapter it was granted through, and
 * over TCP by handle. One {@linkplain #hasKey without a key} works over TCP only: over RDMA each
 * operation with it fails by itself, and the endpoint lives on.
 *
 * <p>Operations name a range in it by offset and length; nothing is allocated for that.
 *
 * <p>It is a capability, not a secret: on the wire it is plaintext, and keys of real adapters can
 * be guessed. Grant to peers that you trust, and no more than they need.
 *
 * @param address virtual address at the peer
 * @param length length in bytes
 * @param key the peer's rkey, {@link #NO_KEY} when the grant is not registered with an adapter
 * @param handle random name of the grant, for lanes without rkeys; no grant has 0
 */
public record RemoteMemory(long address, long length, int key, long handle) {
  /** Bytes that {@link #writeTo} writes. */
  public static final int ENCODED_BYTES = 28;

  /**
   * No rkey: the upper 24 bits of one are the place of a registration, and drivers leave out the
   * place 0. An adapter that gave it all the same would have its grants refused, not mistaken.
   */
  public static final int NO_KEY = 0;

  /** Rejects a negative length and ranges that wrap around the address space. */
  public RemoteMemory {
    if (length < 0) {
      throw new IllegalArgumentException("length is negative: " + length);
    }
    if (length > 0 && Long.compareUnsigned(address + length - 1, address) < 0) {
      throw new IllegalArgumentException(
          "range wraps around: address 0x%x, length %d".formatted(address, length));
    }
  }

  /**
   * Whether this works over RDMA.
   *
   * @return false if it works over TCP only
   */
  public boolean hasKey() {
    return key != NO_KEY;
  }

  /**
   * Appends this value to a buffer, big-endian.
   *
   * @param target where to append {@link #ENCODED_BYTES} bytes; its reference count does not change
   * @throws IndexOutOfBoundsException if it cannot grow by so much: nothing is written
   */
  public void writeTo(ByteBuf target) {
    target.ensureWritable(ENCODED_BYTES);
    target.writeLong(address).writeLong(length).writeInt(key).writeLong(handle);
  }

  /**
   * Reads a value that {@link #writeTo} wrote. It comes from a peer: what can be checked is, and
   * what the peer's keys are good for, the peer's adapter checks with each use.
   *
   * @param source a buffer of at least {@link #ENCODED_BYTES} readable bytes; they are read, unless
   *     this throws
   * @return the value
   * @throws IllegalArgumentException if the buffer is too short, or holds an impossible range or a
   *     handle that no grant has
   */
  public static RemoteMemory readFrom(ByteBuf source) {
    if (source.readableBytes() < ENCODED_BYTES) {
      throw new IllegalArgumentException(
          "a RemoteMemory takes %d bytes, got %d".formatted(ENCODED_BYTES, source.readableBytes()));
    }
    int start = source.readerIndex();
    int lengthAt = start + Long.BYTES;
    int keyAt = lengthAt + Long.BYTES;
    var value =
        new RemoteMemory(
            source.getLong(start),
            source.getLong(lengthAt),
            source.getInt(keyAt),
            source.getLong(keyAt + Integer.BYTES));
    if (value.handle == 0) {
      throw new IllegalArgumentException("no grant has the handle 0");
    }
    source.skipBytes(ENCODED_BYTES);
    return value;
  }

  /**
   * A part of this memory, to hand on or to keep. All operations take an offset and a length beside
   * the memory: none needs a slice, so that the hot path allocates nothing.
   *
   * <p>It is the same grant: whoever has the slice can ask for all that was granted, and {@link
   * RegisteredMemory#revoke} ends both.
   *
   * @param offset bytes from the start
   * @param bytes length of the part
   * @return the part
   * @throws IndexOutOfBoundsException if it is not inside this memory
   */
  public RemoteMemory slice(long offset, long bytes) {
    checkRange(offset, bytes);
    return new RemoteMemory(address + offset, bytes, key, handle);
  }

  /**
   * Checks that a range lies inside this memory.
   *
   * @param offset bytes from the start
   * @param bytes length of the range
   * @throws IndexOutOfBoundsException if it does not
   */
  public void checkRange(long offset, long bytes) {
    Objects.checkFromIndexSize(offset, bytes, length);
  }
}
