package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.ByteBuf;
import java.util.List;
import org.junit.jupiter.api.Test;
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
            () -> cache.forget(none, ours))) {
      assertThrows(IndexOutOfBoundsException.class, each);
      assertFalse(cache.isBusy());
    }
    buffer.release();
  }
}
