package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetector.Level;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pool keeps its buffers: Netty's detector must see all the same when a user has lost one. */
class LeakDetectionTest {
  private static final long PATIENCE_NANOS = 30_000_000_000L;

  private final PrintStream realErrors = System.err;
  private final Level realLevel = ResourceLeakDetector.getLevel();
  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
  private final MemoryDomain domain = new MemoryDomain(null);
  private final RegisteredByteBufAllocator allocator = new RegisteredByteBufAllocator(domain);

  @BeforeEach
  void watch() {
    ResourceLeakDetector.setLevel(Level.PARANOID);
    System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void stopWatching() {
    System.setErr(realErrors);
    ResourceLeakDetector.setLevel(realLevel);
    domain.close();
  }

  private String report() {
    return errors.toString(StandardCharsets.UTF_8);
  }

  private void leak() {
    allocator.directBuffer(777).writeInt(1);
  }

  @Test
  void shouldReportABufferThatNobodyReleased() throws InterruptedException {
    leak();
    awaitReport();
  }

  @Test
  void shouldReportABufferThatAVirtualThreadDidNotRelease() throws InterruptedException {
    // Twice, so that one comes out of a new magazine and one out of the cache.
    for (int i = 0; i < 2; i++) {
      Thread.ofVirtual().start(() -> allocator.directBuffer(777).release()).join();
    }
    Thread.ofVirtual().start(this::leak).join();
    awaitReport();
  }

  private void awaitReport() throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!report().contains("LEAK:") && System.nanoTime() < deadline) {
      System.gc();
      Thread.sleep(10);
      // The detector reports when it is asked to watch another buffer.
      allocator.directBuffer(64).release();
    }
    assertTrue(report().contains("LEAK: ByteBuf.release() was not called"), this::report);
    assertTrue(report().contains("LeakDetectionTest.leak"), this::report);
    assertTrue(allocator.holders().contains("LeakDetectionTest.leak"), allocator::holders);
  }

  @Test
  void shouldFollowRetainedViewsInWhateverOrderTheyAreReleased() throws InterruptedException {
    for (int first = 0; first < 3; first++) {
      ByteBuf buffer = allocator.directBuffer(777).writeZero(777);
      ByteBuf slice = buffer.retainedSlice(7, 70);
      List<ByteBuf> references = List.of(buffer, slice, slice.retainedDuplicate());
      assertEquals(false, references.get(first).release());
      assertEquals(false, references.get((first + 1) % 3).release());
      assertEquals(1, references.get((first + 2) % 3).refCnt());
      assertTrue(references.get((first + 2) % 3).release());
    }
    assertEquals(0, allocator.metrics().usedBytes());
    System.gc();
    Thread.sleep(100);
    allocator.directBuffer(64).release();
    assertFalse(report().contains("LEAK:"), this::report);
  }
}
