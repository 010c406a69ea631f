package io.verbena.memory;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.Recycler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.ScatteringByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * A retained slice or duplicate of a {@link RegisteredByteBuf}: a reference to it that is counted
 * by itself. Netty's {@link Recycler} keeps the objects on Netty's own threads, which do without
 * garbage then; on others each view is one object, as with Netty's pooled buffers.
 *
 * <p>Asks its root for the memory with each access, since the root may move to grow.
 */
final class RetainedView extends DirectByteBuf {
  private static final Recycler<RetainedView> RECYCLER =
      new Recycler<>() {
        @Override
        protected RetainedView newObject(Handle<RetainedView> handle) {
          return new RetainedView((Recycler.EnhancedHandle<RetainedView>) handle);
        }
      };

  private final Recycler.EnhancedHandle<RetainedView> handle;

  /** Whose memory it is; null while this is not in use. */
  private @Nullable RegisteredByteBuf root;

  /** What is released with this: the root, or a view of it that this was made from. */
  private @Nullable ByteBuf parent;

  /** Where this starts in the root. */
  private int offset;

  /** A duplicate is as long as the root. */
  private boolean slice;

  private RetainedView(Recycler.EnhancedHandle<RetainedView> handle) {
    this.handle = handle;
  }

  /** Part of the root: the caller has checked that it is there. */
  static RetainedView slice(RegisteredByteBuf root, ByteBuf parent, int offset, int length) {
    return open(root, parent, true, offset, length).setIndices(0, length);
  }

  /** All of the root, with the parent's indices as far as the root is still that long. */
  static RetainedView duplicate(RegisteredByteBuf root, ByteBuf parent) {
    int writerIndex = Math.min(parent.writerIndex(), root.capacity());
    int readerIndex = Math.min(parent.readerIndex(), writerIndex);
    return open(root, parent, false, 0, root.maxCapacity()).setIndices(readerIndex, writerIndex);
  }

  private static RetainedView open(
      RegisteredByteBuf root, ByteBuf parent, boolean slice, int offset, int maxCapacity) {
    parent.retain();
    RetainedView view = RECYCLER.get();
    view.root = root;
    view.parent = parent;
    view.slice = slice;
    view.offset = offset;
    view.maxCapacity(maxCapacity);
    view.resetRefCnt();
    return view;
  }

  private RetainedView setIndices(int readerIndex, int writerIndex) {
    setIndex(0, 0);
    markReaderIndex();
    markWriterIndex();
    setIndex(readerIndex, writerIndex);
    return this;
  }

  @Override
  protected void deallocate() {
    ByteBuf released = parent;
    root = null;
    parent = null;
    // From here on another thread may be using this.
    handle.unguardedRecycle(this);
    if (released != null) {
      released.release();
    }
  }

  private RegisteredByteBuf root() {
    RegisteredByteBuf buffer = root;
    if (buffer == null) {
      throw new IllegalReferenceCountException(0);
    }
    return buffer;
  }

  private int at(int index) {
    return offset + index;
  }

  @Override
  public ByteBuf unwrap() {
    return root();
  }

  @Override
  public ByteBufAllocator alloc() {
    return root().alloc();
  }

  /** Asked of released buffers, too. */
  @Override
  public int capacity() {
    RegisteredByteBuf buffer = root;
    return slice || buffer == null ? maxCapacity() : buffer.capacity();
  }

  @Override
  public ByteBuf capacity(int newCapacity) {
    if (slice) {
      throw new UnsupportedOperationException("a slice keeps its length");
    }
    checkNewCapacity(newCapacity);
    // The root's count says nothing of references to this, nor of views of it.
    root().resize(newCapacity, true);
    trimIndicesToCapacity(newCapacity);
    return this;
  }

  @Override
  public ByteBuf retainedSlice() {
    return retainedSlice(readerIndex(), readableBytes());
  }

  @Override
  public ByteBuf retainedSlice(int index, int length) {
    checkIndex(index, length);
    return slice(root(), this, at(index), length);
  }

  @Override
  public ByteBuf retainedDuplicate() {
    ensureAccessible();
    return slice
        ? slice(root(), this, offset, maxCapacity()).setIndices(readerIndex(), writerIndex())
        : duplicate(root(), this);
  }

  @Override
  protected byte _getByte(int index) {
    return root()._getByte(at(index));
  }

  @Override
  protected short _getShort(int index) {
    return root()._getShort(at(index));
  }

  @Override
  protected short _getShortLE(int index) {
    return root()._getShortLE(at(index));
  }

  @Override
  protected int _getUnsignedMedium(int index) {
    return root()._getUnsignedMedium(at(index));
  }

  @Override
  protected int _getUnsignedMediumLE(int index) {
    return root()._getUnsignedMediumLE(at(index));
  }

  @Override
  protected int _getInt(int index) {
    return root()._getInt(at(index));
  }

  @Override
  protected int _getIntLE(int index) {
    return root()._getIntLE(at(index));
  }

  @Override
  protected long _getLong(int index) {
    return root()._getLong(at(index));
  }

  @Override
  protected long _getLongLE(int index) {
    return root()._getLongLE(at(index));
  }

  @Override
  protected void _setByte(int index, int value) {
    root()._setByte(at(index), value);
  }

  @Override
  protected void _setShort(int index, int value) {
    root()._setShort(at(index), value);
  }

  @Override
  protected void _setShortLE(int index, int value) {
    root()._setShortLE(at(index), value);
  }

  @Override
  protected void _setMedium(int index, int value) {
    root()._setMedium(at(index), value);
  }

  @Override
  protected void _setMediumLE(int index, int value) {
    root()._setMediumLE(at(index), value);
  }

  @Override
  protected void _setInt(int index, int value) {
    root()._setInt(at(index), value);
  }

  @Override
  protected void _setIntLE(int index, int value) {
    root()._setIntLE(at(index), value);
  }

  @Override
  protected void _setLong(int index, long value) {
    root()._setLong(at(index), value);
  }

  @Override
  protected void _setLongLE(int index, long value) {
    root()._setLongLE(at(index), value);
  }

  @Override
  public ByteBuf getBytes(int index, ByteBuf target, int targetIndex, int length) {
    checkIndex(index, length);
    root().getBytes(at(index), target, targetIndex, length);
    return this;
  }

  @Override
  public ByteBuf getBytes(int index, byte[] target, int targetIndex, int length) {
    checkIndex(index, length);
    root().getBytes(at(index), target, targetIndex, length);
    return this;
  }

  @Override
  public ByteBuf getBytes(int index, ByteBuffer target) {
    checkIndex(index, target.remaining());
    root().getBytes(at(index), target);
    return this;
  }

  @Override
  public ByteBuf getBytes(int index, OutputStream out, int length) throws IOException {
    checkIndex(index, length);
    root().getBytes(at(index), out, length);
    return this;
  }

  @Override
  public int getBytes(int index, GatheringByteChannel out, int length) throws IOException {
    checkIndex(index, length);
    return root().getBytes(at(index), out, length);
  }

  @Override
  public int getBytes(int index, FileChannel out, long position, int length) throws IOException {
    checkIndex(index, length);
    return root().getBytes(at(index), out, position, length);
  }

  @Override
  public ByteBuf setBytes(int index, ByteBuf source, int sourceIndex, int length) {
    checkIndex(index, length);
    root().setBytes(at(index), source, sourceIndex, length);
    return this;
  }

  @Override
  public ByteBuf setBytes(int index, byte[] source, int sourceIndex, int length) {
    checkIndex(index, length);
    root().setBytes(at(index), source, sourceIndex, length);
    return this;
  }

  @Override
  public ByteBuf setBytes(int index, ByteBuffer source) {
    checkIndex(index, source.remaining());
    root().setBytes(at(index), source);
    return this;
  }

  @Override
  public int setBytes(int index, InputStream in, int length) throws IOException {
    checkIndex(index, length);
    return root().setBytes(at(index), in, length);
  }

  @Override
  public int setBytes(int index, ScatteringByteChannel in, int length) throws IOException {
    checkIndex(index, length);
    return root().setBytes(at(index), in, length);
  }

  @Override
  public int setBytes(int index, FileChannel in, long position, int length) throws IOException {
    checkIndex(index, length);
    return root().setBytes(at(index), in, position, length);
  }

  @Override
  public ByteBuf copy(int index, int length) {
    checkIndex(index, length);
    return root().copy(at(index), length);
  }

  @Override
  public ByteBuffer nioBuffer(int index, int length) {
    checkIndex(index, length);
    return root().nioBuffer(at(index), length);
  }

  /** Not the root's: views of other threads would use the same one. */
  @Override
  public ByteBuffer internalNioBuffer(int index, int length) {
    return nioBuffer(index, length);
  }

  @Override
  public long memoryAddress() {
    return root().memoryAddress() + offset;
  }
}
