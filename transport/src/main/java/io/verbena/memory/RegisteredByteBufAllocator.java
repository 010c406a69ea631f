package io.verbena.memory;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocatorMetric;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.buffer.CompositeByteBuf;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.ProtectionDomain;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Allocates Netty buffers in memory that a network adapter reaches: whoever writes a message into
 * one of its direct buffers has written it where it is sent from. Without an adapter the same
 * allocator gives plain direct memory, so that a program needs one way only. Heap buffers are plain
 * arrays, and what their {@link ByteBuf#alloc} gives lies in registered memory, too.
 *
 * <p>Memory is registered in big slabs, of the sizes and up to the ceiling that the {@link
 * BufferPoolConfig} says. What is released stays for the next allocation; {@link #trim} gives slabs
 * back that nobody uses. A buffer of more than {@link BufferPoolConfig#largestSlabBytes} has a
 * registration of its own, which ends with it.
 *
 * <p>Threads: any, also virtual ones; buffers may be released by other threads than those that
 * allocated them. Neither allocating nor releasing takes a lock as long as the thread's own cache
 * suffices. Ownership: a closed allocator frees each slab when the last buffer in it is released.
 * Closing the {@link MemoryDomain} closes it, too, and deregisters all: buffers that are in use
 * stay memory until they are released, which no adapter reaches any more.
 *
 * <p>A buffer that was released must not be used, nor released again: as with Netty's own pools,
 * its object is the next user's by then, which nothing notices. With Netty's leak detection at
 * {@code advanced} or {@code paranoid} objects are not used again, and such a use throws {@link
 * io.netty.util.IllegalReferenceCountException}.
 *
 * <p>When there is no memory, allocating throws {@link OutOfRegisteredMemoryException}; after
 * {@link #close}, {@link IllegalStateException}.
 *
 * <p>A buffer that grows moves, and its views with it. Where it was stays taken until it is
 * released if there were other references to it: what a peer's adapter is reading is nobody else's.
 */
public final class RegisteredByteBufAllocator extends AbstractByteBufAllocator
    implements ByteBufAllocatorMetricProvider, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RegisteredByteBufAllocator.class);

  /** Which closes this with itself; null if that is nobody's. */
  private final @Nullable MemoryDomain domain;

  private final SlabSource source;
  private final BufferPoolConfig config;
  private final BufferPool pool;
  private final LongAdder heapBytes = new LongAdder();

  /**
   * Creates an allocator with {@link BufferPoolConfig#defaults}. It registers nothing before the
   * first direct buffer is allocated.
   *
   * @param domain where the memory comes from
   */
  public RegisteredByteBufAllocator(MemoryDomain domain) {
    this(domain, BufferPoolConfig.defaults());
  }

  /**
   * Creates an allocator. It registers nothing before the first direct buffer is allocated.
   *
   * @param domain where the memory comes from
   * @param config how much of it to take
   */
  public RegisteredByteBufAllocator(MemoryDomain domain, BufferPoolConfig config) {
    this(domain::allocateSlab, config, true, domain);
    domain.add(this);
  }

  /**
   * Creates an allocator whose memory peers may read, if they know its address and key: so that
   * they can fetch messages by themselves. Where the adapter cannot register memory at all, it
   * gives plain memory. Nobody frees that but the allocator: after its close, buffers that are in
   * use stay valid until they are released, also when the protection domain is closed before.
   *
   * @param protectionDomain where to register, or null for memory that no adapter reaches
   * @param config how much of it to take
   * @return the allocator
   */
  public static RegisteredByteBufAllocator readableByPeers(
      @Nullable ProtectionDomain protectionDomain, BufferPoolConfig config) {
    return new RegisteredByteBufAllocator(
        new PeerReadableSource(protectionDomain, config.firstSlabBytes()), config, true);
  }

  RegisteredByteBufAllocator(SlabSource source, BufferPoolConfig config, boolean preferDirect) {
    this(source, config, preferDirect, null);
  }

  private RegisteredByteBufAllocator(
      SlabSource source,
      BufferPoolConfig config,
      boolean preferDirect,
      @Nullable MemoryDomain domain) {
    super(preferDirect);
    this.source = source;
    this.config = config;
    this.domain = domain;
    pool = new BufferPool(this, source, config);
  }

  /**
   * How much memory it takes.
   *
   * @return what it was created with
   */
  public BufferPoolConfig config() {
    return config;
  }

  /**
   * For an adapter that has failed: what an allocator that is {@linkplain #readableByPeers readable
   * by peers} takes from now on is plain memory. Without that it could not grow any more.
   */
  public void stopRegistering() {
    if (source instanceof PeerReadableSource ofPeers) {
      ofPeers.stopRegistering();
    }
  }

  @Override
  protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
    return new HeapByteBuf(this, initialCapacity, maxCapacity);
  }

  void countHeap(int bytes) {
    heapBytes.add(bytes);
  }

  @Override
  protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
    RegisteredByteBuf buffer = pool.take(initialCapacity);
    boolean recording = Holders.areWanted();
    if (recording) {
      buffer = buffer.renewed();
    }
    buffer.open(initialCapacity, maxCapacity, recording);
    ByteBuf watched = toLeakAwareBuffer(buffer);
    if (!(watched instanceof RegisteredByteBuf)) {
      buffer.watch();
      pool.forget(buffer);
    }
    return watched;
  }

  @Override
  public boolean isDirectBufferPooled() {
    return true;
  }

  /**
   * The registration that a buffer lies in: for a buffer of this allocator, its slices, duplicates
   * and read-only views, and for any other direct buffer on the same memory.
   *
   * @param buffer any buffer that is not released: of one that is, this may tell where it was, or
   *     throw; its memory must be in one piece, see {@link #locate}
   * @return the region, or null if there is no adapter or the memory is not of this allocator
   */
  public @Nullable MemoryRegion regionOf(ByteBuf buffer) {
    RegisteredByteBuf ours = rootOf(buffer);
    if (ours != null) {
      return ours.region();
    }
    Slab slab = slabByAddress(buffer);
    return slab == null ? null : slab.region;
  }

  /**
   * The registration that a buffer lies in, in one of several protection domains.
   *
   * @param buffer as of {@link #regionOf(ByteBuf)}
   * @param domain that of the queue pair that is to use it
   * @return the region, or null if the memory is not registered there or not of this allocator
   */
  public @Nullable MemoryRegion regionOf(ByteBuf buffer, ProtectionDomain domain) {
    Slab slab = slabOf(buffer);
    return slab == null ? null : slab.region(domain);
  }

  /**
   * Whether a buffer's memory is of this allocator: as {@link #regionOf}, with an adapter or
   * without.
   *
   * @param buffer as of {@link #regionOf(ByteBuf)}
   * @return false also if the memory is not in one piece
   */
  public boolean owns(ByteBuf buffer) {
    return slabOf(buffer) != null;
  }

  private @Nullable Slab slabOf(ByteBuf buffer) {
    RegisteredByteBuf ours = rootOf(buffer);
    return ours == null ? slabByAddress(buffer) : ours.span().slab;
  }

  /** Our buffer that this is, or is a view of; or null. */
  private @Nullable RegisteredByteBuf rootOf(ByteBuf buffer) {
    for (ByteBuf inner = buffer; inner != null; inner = inner.unwrap()) {
      if (inner instanceof RegisteredByteBuf ours && ours.pool() == pool) {
        return ours;
      }
    }
    return null;
  }

  private @Nullable Slab slabByAddress(ByteBuf buffer) {
    if (buffer.hasMemoryAddress()) {
      return pool.slabs().find(buffer.memoryAddress(), buffer.capacity());
    }
    // Read-only ones do not tell their address where Netty does without Unsafe.
    return buffer.isDirect() && buffer.nioBufferCount() == 1
        ? find(MemorySegment.ofBuffer(buffer.nioBuffer(0, buffer.capacity())))
        : null;
  }

  private @Nullable Slab find(MemorySegment memory) {
    return memory.isNative() ? pool.slabs().find(memory.address(), memory.byteSize()) : null;
  }

  /**
   * Finds out where the readable bytes of a buffer lie, also if it is composed of several.
   *
   * @param buffer any buffer; its reference count and indices do not change
   * @param into what is filled
   * @return false if some of the bytes are not in memory of this allocator, or are in more pieces
   *     than {@code into} takes
   * @throws io.netty.util.IllegalReferenceCountException if the buffer is released and has readable
   *     bytes; it is not noticed if the object is the next user's
   */
  public boolean locate(ByteBuf buffer, BufferRanges into) {
    into.clear();
    return locate(buffer, buffer.readerIndex(), buffer.readableBytes(), into);
  }

  private boolean locate(ByteBuf buffer, int index, int length, BufferRanges into) {
    if (length == 0) {
      return true;
    }
    Slab slab = buffer.hasMemoryAddress() ? slabOf(buffer) : null;
    if (slab != null) {
      return into.add(slab, buffer.memoryAddress() + index, length);
    }
    if (buffer instanceof CompositeByteBuf composite) {
      return locateParts(composite, index, index + length, into);
    }
    // Memory in one piece was looked for already.
    return buffer.isDirect()
        && !buffer.hasMemoryAddress()
        && locateParts(buffer.nioBuffers(index, length), into);
  }

  private boolean locateParts(CompositeByteBuf buffer, int start, int end, BufferRanges into) {
    for (int i = buffer.toComponentIndex(start); i < buffer.numComponents(); i++) {
      int first = buffer.toByteIndex(i);
      if (first >= end) {
        return true;
      }
      ByteBuf part = buffer.internalComponent(i);
      int from = Math.max(start - first, 0);
      int to = Math.min(end - first, part.capacity());
      if (!locate(part, from, to - from, into)) {
        return false;
      }
    }
    return true;
  }

  /** For views of composites and others that tell no other way what they consist of. */
  private boolean locateParts(ByteBuffer[] parts, BufferRanges into) {
    for (ByteBuffer part : parts) {
      if (!part.hasRemaining()) {
        continue;
      }
      MemorySegment memory = MemorySegment.ofBuffer(part);
      Slab slab = find(memory);
      if (slab == null || !into.add(slab, memory.address(), part.remaining())) {
        return false;
      }
    }
    return true;
  }

  /**
   * Makes sure that the readable bytes of a buffer are in memory of this allocator, and finds out
   * where: as {@link #locate}, but a buffer that fails there is copied, which {@link
   * BufferPoolMetrics#copies} counts, be it foreign or ours in too many pieces.
   *
   * @param buffer any buffer; the caller hands over its reference, unless this throws
   * @param into what is filled
   * @return the buffer itself or its copy, to release after use
   * @throws io.netty.util.IllegalReferenceCountException as {@link #locate}
   * @throws IllegalStateException after {@link #close}, if it has to be copied
   * @throws OutOfRegisteredMemoryException if there is no memory for the copy
   */
  public ByteBuf register(ByteBuf buffer, BufferRanges into) {
    if (locate(buffer, into)) {
      return buffer;
    }
    int bytes = buffer.readableBytes();
    ByteBuf copy = directBuffer(bytes);
    try {
      copy.writeBytes(buffer, buffer.readerIndex(), bytes);
    } catch (RuntimeException e) {
      copy.release();
      throw e;
    }
    buffer.release();
    pool.countCopy(bytes);
    locate(copy, into);
    return copy;
  }

  /**
   * What this allocator holds and has done so far.
   *
   * @return a snapshot
   */
  public BufferPoolMetrics metrics() {
    HeapFigures figures = pool.figures();
    long cached = pool.cachedBytes();
    CopyCount copied = pool.copied();
    return new BufferPoolMetrics(
        figures.registeredBytes(),
        // While others work, the two figures are of two moments.
        Math.max(0, figures.bytesOut() - cached),
        cached,
        figures.registrations(),
        pool.refusals(),
        figures.refusedGrowth(),
        copied.copies(),
        copied.bytes());
  }

  /** The same for Netty: direct memory is what is registered. */
  @Override
  public ByteBufAllocatorMetric metric() {
    return new ByteBufAllocatorMetric() {
      @Override
      public long usedHeapMemory() {
        return heapBytes.sum();
      }

      @Override
      public long usedDirectMemory() {
        return pool.figures().registeredBytes();
      }
    };
  }

  /**
   * Deregisters and frees the slabs of which no buffer is in use, after taking free buffers back
   * from the caches of all threads. Takes about a millisecond, and threads have to fill their
   * caches again.
   *
   * @return bytes given back
   */
  public long trim() {
    return pool.trim();
  }

  /**
   * Ends allocating and frees all slabs of which no buffer is in use; the others are freed when the
   * last of their buffers is released. A warning says how many buffers are still in use and, with
   * Netty's leak detection at {@code advanced}, who allocated them. Idempotent.
   */
  @Override
  public void close() {
    if (domain != null) {
      domain.ended(this);
    }
    long inUse = pool.close();
    if (inUse > 0) {
      LOG.warn(
          "{} buffers of a closed allocator are in use; their memory stays until they are released:"
              + " {}",
          inUse,
          holders());
    }
  }

  /** What programs hold: exact when no other thread works, and then negative only by a fault. */
  long usedBytes() {
    return pool.figures().bytesOut() - pool.cachedBytes();
  }

  /** Where the buffers in use were allocated, or how to find out. */
  String holders() {
    return pool.holders.describe();
  }
}
