package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.ByteBuf;
import java.lang.ref.WeakReference;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** What one thread's cache does when something goes wrong in the midst of it. */
class ThreadCacheTest extends SmallAllocator {
  /** Whatever is thrown there: a stack that overflows is only the likeliest. */
  @Test
  void shouldBeIdleAfterEachCallThatThrows() {
    var cache = new ThreadCache(Thread.currentThread());
    ByteBuf buffer = allocator.directBuffer(8);
    var ours = (RegisteredByteBuf) buffer;
    int none = SizeClasses.COUNT;
    for (Executable each :
        List.<Executable>of(
            () -> cache.take(none),
            () -> cache.give(none, ours),
            () -> cache.swap(none),
            () -> cache.load(none, Magazine.NONE),
            () -> cache.forget(none, ours),
            () -> cache.forgetTop(none, ours))) {
      assertThrows(IndexOutOfBoundsException.class, each);
      assertFalse(cache.isBusy());
    }
    buffer.release();
  }

  /** Or else the leak detector would not see that it is lost. */
  @Test
  @Timeout(60)
  void shouldForgetABufferWhereverItHasBeen() throws InterruptedException {
    var cache = new ThreadCache(Thread.currentThread());
    WeakReference<RegisteredByteBuf> gone = passThrough(cache);
    while (gone.get() != null) {
      System.gc();
      Thread.sleep(10);
    }
    assertNull(cache.take(0), "it has nothing more to keep");
  }

  private WeakReference<RegisteredByteBuf> passThrough(ThreadCache cache) {
    ByteBuf block = allocator.directBuffer(1);
    var first = ((RegisteredByteBuf) block).renewed();
    var second = first.renewed();
    block.release();
    // In one magazine by itself, in the other above another buffer.
    for (List<RegisteredByteBuf> each : List.of(List.of(first), List.of(second, first))) {
      Magazine magazine = Magazine.forClass(0);
      each.forEach(magazine::give);
      cache.load(0, magazine);
      each.forEach(_ -> cache.take(0));
    }
    cache.forget(0, first);
    return new WeakReference<>(first);
  }
}
