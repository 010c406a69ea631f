package io.verbena.memory;

import io.verbena.cause.Cause;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Slabs, divided into spans of blocks: where magazines are filled when the depots have nothing, and
 * where memory goes back to. Takes more slabs from its source as it is told to.
 */
final class SlabHeap {
  private static final Logger LOG = LoggerFactory.getLogger(SlabHeap.class);

  private final BufferPool pool;
  private final SlabSource source;
  private final BufferPoolConfig config;
  private final ReentrantLock lock = new ReentrantLock();

  /** Slabs that have left the list and are being freed: who wants their room waits for it. */
  private int leaving;

  private final Condition left = lock.newCondition();
  private final List<Slab> slabs = new ArrayList<>();

  /** For each size class the spans that have free blocks. */
  private final List<List<Span>> spans = new ArrayList<>();

  private volatile SlabTable table = SlabTable.EMPTY;
  private long registeredBytes;
  private long registrations;
  private long refusedGrowth;
  private long buffersOut;
  private long bytesOut;
  private boolean closed;

  SlabHeap(BufferPool pool, SlabSource source, BufferPoolConfig config) {
    this.pool = pool;
    this.source = source;
    this.config = config;
    for (int i = 0; i < SizeClasses.COUNT; i++) {
      spans.add(new ArrayList<>());
    }
  }

  SlabTable table() {
    return table;
  }

  HeapFigures figures() {
    lock.lock();
    try {
      return new HeapFigures(registeredBytes, registrations, refusedGrowth, buffersOut, bytesOut);
    } finally {
      lock.unlock();
    }
  }

  /** Fills a magazine as far as there is memory; false if there is none at all. */
  boolean take(int sizeClass, Magazine into) {
    lock.lock();
    try {
      while (!into.isFull()) {
        RegisteredByteBuf buffer = takeBlock(sizeClass);
        if (buffer == null) {
          break;
        }
        into.give(buffer);
      }
      return into.count() > 0;
    } finally {
      lock.unlock();
    }
  }

  /** A buffer that has a span of its own, or null. */
  @Nullable RegisteredByteBuf takeLarge(int bytes) {
    int units = units(bytes);
    lock.lock();
    try {
      for (Slab slab : slabs) {
        int offset = slab.take(units);
        if (offset >= 0) {
          return out(Span.ofOne(slab, offset, units));
        }
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** Empties a magazine into the heap. */
  void give(Magazine magazine) {
    List<Slab> idle = List.of();
    lock.lock();
    try {
      for (RegisteredByteBuf each = magazine.take(); each != null; each = magazine.take()) {
        Slab slab = giveBlock(each);
        if (slab != null) {
          idle = idle.isEmpty() ? new ArrayList<>() : idle;
          idle.add(slab);
        }
      }
      magazine.forgetTaken();
    } finally {
      lock.unlock();
    }
    free(idle);
  }

  void give(RegisteredByteBuf buffer) {
    Slab idle;
    lock.lock();
    try {
      idle = giveBlock(buffer);
    } finally {
      lock.unlock();
    }
    if (idle != null) {
      free(List.of(idle));
    }
  }

  /**
   * Adds a slab and fills a magazine from it, before another thread can. One thread at a time.
   *
   * @return false if the ceiling does not allow it
   * @throws IOException if the system or the adapter refuses
   */
  boolean grow(int sizeClass, Magazine into) throws IOException {
    Slab slab = newSlab(Span.unitsFor(sizeClass));
    if (slab == null) {
      return false;
    }
    lock.lock();
    try {
      add(slab);
      return take(sizeClass, into);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Adds a slab and takes a buffer from it, before another thread can. One thread at a time.
   *
   * @return null if the ceiling does not allow it
   * @throws IOException if the system or the adapter refuses
   */
  @Nullable RegisteredByteBuf growLarge(int bytes) throws IOException {
    Slab slab = newSlab(units(bytes));
    if (slab == null) {
      return null;
    }
    lock.lock();
    try {
      add(slab);
      return takeLarge(bytes);
    } finally {
      lock.unlock();
    }
  }

  /**
   * As big as the configuration wants it; less if that is refused. Without the lock: to register a
   * gigabyte takes a good part of a second, and others have buffers to give and to take meanwhile.
   * Nobody else makes the heap bigger.
   */
  private @Nullable Slab newSlab(int units) throws IOException {
    long least = (long) units * Slab.UNIT;
    long length = lengthOfNext(least);
    while (length >= least) {
      var event = new SlabEvent();
      event.begin();
      try {
        var slab = new Slab(source.allocate(length));
        event.commit(slab, figures().registeredBytes());
        return slab;
      } catch (IOException | IllegalStateException | OutOfMemoryError e) {
        if (length == least) {
          IOException refusal = refusal(e);
          growthRefused(least, String.valueOf(refusal.getMessage()));
          throw refusal;
        }
        length = Math.max(least, length / 2 / Slab.UNIT * Slab.UNIT);
      }
    }
    return null;
  }

  private static IOException refusal(Throwable cause) {
    if (cause instanceof IOException refused) {
      return refused;
    }
    // Mostly a program closes what is registered with because the device has gone.
    return new IOException(
        cause instanceof IllegalStateException
            ? "%s; if %s: %s"
                .formatted(
                    cause.getMessage(), Cause.DEVICE_GONE.meaning(), Cause.DEVICE_GONE.cure())
            : cause.getMessage(),
        cause);
  }

  /** In bytes; 0 if there may be none. */
  private long lengthOfNext(long least) {
    lock.lock();
    try {
      while (least > config.ceilingBytes() - registeredBytes && leaving > 0) {
        left.awaitUninterruptibly();
      }
      long room = config.ceilingBytes() - registeredBytes;
      if (closed) {
        return 0;
      }
      if (least > room) {
        growthRefused(least, "the ceiling");
        return 0;
      }
      long wanted = config.nextSlabBytes(registeredBytes);
      return Math.max(least, Math.min(wanted, room) / Slab.UNIT * Slab.UNIT);
    } finally {
      lock.unlock();
    }
  }

  private void growthRefused(long least, String reason) {
    lock.lock();
    try {
      refusedGrowth++;
      RefusedGrowthEvent.commit(least, registeredBytes, config.ceilingBytes(), reason);
    } finally {
      lock.unlock();
    }
  }

  /** Takes slabs of which nothing is in use out of the list, for {@link #free}. */
  List<Slab> unlistIdle() {
    lock.lock();
    try {
      List<Slab> idle = slabs.stream().filter(Slab::isIdle).toList();
      if (!idle.isEmpty()) {
        slabs.removeAll(idle);
        leaving += idle.size();
        table = new SlabTable(slabs);
      }
      return idle;
    } finally {
      lock.unlock();
    }
  }

  /** From now on slabs go back as soon as nothing of them is in use. */
  void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    free(unlistIdle());
  }

  private void add(Slab slab) {
    slabs.add(slab);
    registrations++;
    registeredBytes += slab.length();
    table = new SlabTable(slabs);
  }

  /**
   * Frees slabs that are out of the list, so that nobody finds them. Without the lock, as {@link
   * #newSlab}: the device takes its time, and others have buffers to give and to take. They count
   * against the ceiling until they are gone.
   *
   * @return bytes given back
   */
  long free(List<Slab> unlisted) {
    if (unlisted.isEmpty()) {
      return 0;
    }
    long freed = 0;
    List<IllegalStateException> refusals = new ArrayList<>();
    try {
      for (Slab slab : unlisted) {
        try {
          slab.free();
          freed += slab.length();
        } catch (IllegalStateException e) {
          refusals.add(e);
        }
      }
    } finally {
      lock.lock();
      try {
        registeredBytes -= freed;
        leaving -= unlisted.size();
        left.signalAll();
      } finally {
        lock.unlock();
      }
    }
    // Nobody waits for them any more: what writes the log may want memory of this heap.
    refusals.forEach(each -> LOG.warn("A slab is lost: it stays registered", each));
    return freed;
  }

  private @Nullable RegisteredByteBuf takeBlock(int sizeClass) {
    List<Span> open = spans.get(sizeClass);
    if (!open.isEmpty()) {
      return out(open.getLast());
    }
    int units = Span.unitsFor(sizeClass);
    for (Slab slab : slabs) {
      int offset = slab.take(units);
      if (offset >= 0) {
        Span span = Span.ofClass(slab, sizeClass, offset);
        open(span);
        return out(span);
      }
    }
    return null;
  }

  private RegisteredByteBuf out(Span span) {
    RegisteredByteBuf buffer = span.take(pool);
    buffersOut++;
    bytesOut += span.blockBytes();
    if (!span.hasFree() && span.position >= 0) {
      shut(span);
    }
    return buffer;
  }

  /** Returns a slab to free if that was the last of one that is not to stay. */
  private @Nullable Slab giveBlock(RegisteredByteBuf buffer) {
    Span span = buffer.span();
    span.give(buffer);
    buffersOut--;
    bytesOut -= span.blockBytes();
    if (span.isIdle()) {
      if (span.position >= 0) {
        shut(span);
      }
      span.slab.give(span.offset, span.units);
      // Blocks of a size class come back in the middle of a drain, too, while all others wait.
      boolean ofItsOwn = span.sizeClass < 0 && span.slab.length() > config.largestSlabBytes();
      if (span.slab.isIdle() && (closed || ofItsOwn)) {
        slabs.remove(span.slab);
        leaving++;
        table = new SlabTable(slabs);
        return span.slab;
      }
    } else if (span.position < 0) {
      open(span);
    }
    return null;
  }

  private void open(Span span) {
    List<Span> open = spans.get(span.sizeClass);
    span.position = open.size();
    open.add(span);
  }

  private void shut(Span span) {
    List<Span> open = spans.get(span.sizeClass);
    Span last = open.removeLast();
    if (last != span) {
      open.set(span.position, last);
      last.position = span.position;
    }
    span.position = -1;
  }

  private static int units(int bytes) {
    return (int) (((long) bytes + Slab.UNIT - 1) / Slab.UNIT);
  }
}
