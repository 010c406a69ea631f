package io.verbena.memory;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.ScatteringByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * Access to part of a slab. All of it is checked by Java's own {@link ByteBuffer}s: once the slab
 * is freed they throw.
 */
abstract class SlabByteBuf extends DirectByteBuf {
  private static final int COPY_BYTES = 8192;
  private static final int BYTE_MASK = 0xff;
  private static final int SHORT_BITS = 16;
  private static final int BYTE_BITS = 8;

  /** The whole slab, big-endian; nobody changes its position or limit. */
  private ByteBuffer slab;

  /** Where in the slab this buffer starts. */
  private int offset;

  private @Nullable ByteBuffer internal;

  SlabByteBuf(ByteBuffer slab, int offset) {
    this.slab = slab;
    this.offset = offset;
  }

  final void exchangeMemory(SlabByteBuf other) {
    ByteBuffer otherSlab = other.slab;
    int otherOffset = other.offset;
    ByteBuffer otherInternal = other.internal;
    other.slab = slab;
    other.offset = offset;
    other.internal = internal;
    slab = otherSlab;
    offset = otherOffset;
    internal = otherInternal;
  }

  final int offset() {
    return offset;
  }

  private int at(int index) {
    return offset + index;
  }

  private ByteBuffer internal() {
    ByteBuffer buffer = internal;
    if (buffer == null) {
      buffer = slab.duplicate();
      internal = buffer;
    }
    return buffer;
  }

  private ByteBuffer part(ByteBuffer buffer, int index, int length) {
    return buffer.limit(at(index) + length).position(at(index));
  }

  @Override
  protected byte _getByte(int index) {
    return slab.get(at(index));
  }

  @Override
  protected short _getShort(int index) {
    return slab.getShort(at(index));
  }

  @Override
  protected short _getShortLE(int index) {
    return Short.reverseBytes(slab.getShort(at(index)));
  }

  @Override
  protected int _getUnsignedMedium(int index) {
    int at = at(index);
    return (slab.get(at) & BYTE_MASK) << SHORT_BITS | Short.toUnsignedInt(slab.getShort(at + 1));
  }

  @Override
  protected int _getUnsignedMediumLE(int index) {
    int at = at(index);
    return Short.toUnsignedInt(Short.reverseBytes(slab.getShort(at)))
        | (slab.get(at + 2) & BYTE_MASK) << SHORT_BITS;
  }

  @Override
  protected int _getInt(int index) {
    return slab.getInt(at(index));
  }

  @Override
  protected int _getIntLE(int index) {
    return Integer.reverseBytes(slab.getInt(at(index)));
  }

  @Override
  protected long _getLong(int index) {
    return slab.getLong(at(index));
  }

  @Override
  protected long _getLongLE(int index) {
    return Long.reverseBytes(slab.getLong(at(index)));
  }

  @Override
  protected void _setByte(int index, int value) {
    slab.put(at(index), (byte) value);
  }

  @Override
  protected void _setShort(int index, int value) {
    slab.putShort(at(index), (short) value);
  }

  @Override
  protected void _setShortLE(int index, int value) {
    slab.putShort(at(index), Short.reverseBytes((short) value));
  }

  @Override
  protected void _setMedium(int index, int value) {
    int at = at(index);
    slab.put(at, (byte) (value >>> SHORT_BITS));
    slab.putShort(at + 1, (short) value);
  }

  @Override
  protected void _setMediumLE(int index, int value) {
    int at = at(index);
    slab.put(at, (byte) value);
    slab.putShort(at + 1, Short.reverseBytes((short) (value >>> BYTE_BITS)));
  }

  @Override
  protected void _setInt(int index, int value) {
    slab.putInt(at(index), value);
  }

  @Override
  protected void _setIntLE(int index, int value) {
    slab.putInt(at(index), Integer.reverseBytes(value));
  }

  @Override
  protected void _setLong(int index, long value) {
    slab.putLong(at(index), value);
  }

  @Override
  protected void _setLongLE(int index, long value) {
    slab.putLong(at(index), Long.reverseBytes(value));
  }

  @Override
  public ByteBuf getBytes(int index, ByteBuf target, int targetIndex, int length) {
    checkDstIndex(index, length, targetIndex, target.capacity());
    if (target instanceof SlabByteBuf ours) {
      // Not ours any more after its release: the block may have another user.
      ours.checkIndex(targetIndex, length);
      ours.slab.put(ours.at(targetIndex), slab, at(index), length);
    } else if (target.hasArray()) {
      slab.get(at(index), target.array(), target.arrayOffset() + targetIndex, length);
    } else {
      // Not through the target's nioBuffers: those of a read-only buffer can be written to.
      target.setBytes(targetIndex, slab.slice(at(index), length));
    }
    return this;
  }

  @Override
  public ByteBuf getBytes(int index, byte[] target, int targetIndex, int length) {
    checkDstIndex(index, length, targetIndex, target.length);
    slab.get(at(index), target, targetIndex, length);
    return this;
  }

  @Override
  public ByteBuf getBytes(int index, ByteBuffer target) {
    int length = target.remaining();
    checkIndex(index, length);
    target.put(target.position(), slab, at(index), length);
    target.position(target.limit());
    return this;
  }

  @Override
  public ByteBuf getBytes(int index, OutputStream out, int length) throws IOException {
    checkIndex(index, length);
    byte[] chunk = new byte[Math.min(length, COPY_BYTES)];
    for (int done = 0; done < length; ) {
      int count = Math.min(length - done, chunk.length);
      slab.get(at(index + done), chunk, 0, count);
      out.write(chunk, 0, count);
      done += count;
    }
    return this;
  }

  @Override
  public int getBytes(int index, GatheringByteChannel out, int length) throws IOException {
    return out.write(nioBuffer(index, length));
  }

  @Override
  public int getBytes(int index, FileChannel out, long position, int length) throws IOException {
    return out.write(nioBuffer(index, length), position);
  }

  @Override
  public ByteBuf setBytes(int index, ByteBuf source, int sourceIndex, int length) {
    checkSrcIndex(index, length, sourceIndex, source.capacity());
    if (source instanceof SlabByteBuf ours) {
      ours.checkIndex(sourceIndex, length);
      slab.put(at(index), ours.slab, ours.at(sourceIndex), length);
    } else if (source.hasArray()) {
      slab.put(at(index), source.array(), source.arrayOffset() + sourceIndex, length);
    } else if (source.nioBufferCount() == 1) {
      // The usual case, without an array around it.
      ByteBuffer piece = source.nioBuffer(sourceIndex, length);
      slab.put(at(index), piece, piece.position(), length);
    } else if (source.nioBufferCount() > 0) {
      int at = at(index);
      for (ByteBuffer part : source.nioBuffers(sourceIndex, length)) {
        slab.put(at, part, part.position(), part.remaining());
        at += part.remaining();
      }
    } else {
      source.getBytes(sourceIndex, this, index, length);
    }
    return this;
  }

  @Override
  public ByteBuf setBytes(int index, byte[] source, int sourceIndex, int length) {
    checkSrcIndex(index, length, sourceIndex, source.length);
    slab.put(at(index), source, sourceIndex, length);
    return this;
  }

  @Override
  public ByteBuf setBytes(int index, ByteBuffer source) {
    int length = source.remaining();
    checkIndex(index, length);
    slab.put(at(index), source, source.position(), length);
    source.position(source.limit());
    return this;
  }

  @Override
  public int setBytes(int index, InputStream in, int length) throws IOException {
    checkIndex(index, length);
    byte[] chunk = new byte[Math.min(length, COPY_BYTES)];
    int done = 0;
    do {
      int count = in.read(chunk, 0, Math.min(length - done, chunk.length));
      if (count <= 0) {
        return done == 0 ? count : done;
      }
      slab.put(at(index + done), chunk, 0, count);
      done += count;
    } while (done < length && in.available() > 0);
    return done;
  }

  @Override
  public int setBytes(int index, ScatteringByteChannel in, int length) throws IOException {
    try {
      // Not internalNioBuffer: views come here from other threads, which would share its position.
      return in.read(nioBuffer(index, length));
    } catch (ClosedChannelException e) {
      return -1;
    }
  }

  @Override
  public int setBytes(int index, FileChannel in, long position, int length) throws IOException {
    try {
      return in.read(nioBuffer(index, length), position);
    } catch (ClosedChannelException e) {
      return -1;
    }
  }

  @Override
  public ByteBuf copy(int index, int length) {
    checkIndex(index, length);
    ByteBuf copy = alloc().directBuffer(length, maxCapacity());
    try {
      return copy.writeBytes(this, index, length);
    } catch (RuntimeException e) {
      copy.release();
      throw e;
    }
  }

  @Override
  public ByteBuffer nioBuffer(int index, int length) {
    checkIndex(index, length);
    return slab.slice(at(index), length);
  }

  @Override
  public ByteBuffer internalNioBuffer(int index, int length) {
    checkIndex(index, length);
    return part(internal(), index, length);
  }

  @Override
  public @Nullable ByteBuf unwrap() {
    return null;
  }
}
