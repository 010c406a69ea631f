package io.verbena.memory;

import io.netty.buffer.ByteBuf;
import java.util.Objects;

/**
 * Memory of a peer that this side may read, write or update, as far as the peer granted it. An
 * immutable value: hand it to the peer in a message ({@link #writeTo}, {@link #readFrom}). It works
 * over RDMA by address and key and over TCP by handle, so that it stays valid when an endpoint
 * changes its lane.
 *
 * <p>It is a capability, not a secret: on the wire it is plaintext, and keys of real adapters can
 * be guessed. Grant to peers that you trust, and no more than they need.
 *
 * @param address virtual address at the peer
 * @param length length in bytes
 * @param key the peer's rkey, 0 when the peer's memory is not registered with an adapter
 * @param handle random name of the grant, for lanes without rkeys
 */
public record RemoteMemory(long address, long length, int key, long handle) {
  /** Bytes that {@link #writeTo} writes. */
  public static final int ENCODED_BYTES = 28;

  /** Rejects a negative length and ranges that wrap around the address space. */
  public RemoteMemory {
    if (length < 0) {
      throw new IllegalArgumentException("length is negative: " + length);
    }
    if (address + length < address && address + length != 0) {
      throw new IllegalArgumentException(
          "range wraps around: address 0x%x, length %d".formatted(address, length));
    }
  }

  /**
   * Appends this value to a buffer, big-endian.
   *
   * @param target where to append {@link #ENCODED_BYTES} bytes; its reference count does not change
   */
  public void writeTo(ByteBuf target) {
    target.writeLong(address).writeLong(length).writeInt(key).writeLong(handle);
  }

  /**
   * Reads a value that {@link #writeTo} wrote.
   *
   * @param source a buffer of at least {@link #ENCODED_BYTES} readable bytes
   * @return the value
   * @throws IllegalArgumentException if the buffer is too short or holds an impossible range
   */
  public static RemoteMemory readFrom(ByteBuf source) {
    if (source.readableBytes() < ENCODED_BYTES) {
      throw new IllegalArgumentException(
          "a RemoteMemory takes %d bytes, got %d".formatted(ENCODED_BYTES, source.readableBytes()));
    }
    return new RemoteMemory(
        source.readLong(), source.readLong(), source.readInt(), source.readLong());
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
