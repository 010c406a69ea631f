package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetector.Level;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A pool keeps its buffers: Netty's detector must see all the same when a user has lost one. */
class LeakDetectionTest {
  private static final long PATIENCE_NANOS = 30_000_000_000L;
  private static final int LEAKS = 8000;

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

  private void leakForControl() {
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

  @ParameterizedTest
  @EnumSource(
      value = Level.class,
      names = {"ADVANCED", "PARANOID"})
  void shouldRefuseToReleaseTwiceWhenTheMemoryHasANewUser(Level level) {
    ResourceLeakDetector.setLevel(level);
    // More than one, as the detector watches only some of them at the lower level.
    for (int i = 0; i < 300; i++) {
      ByteBuf first = allocator.directBuffer(8);
      long address = first.memoryAddress();
      ByteBuf slice = first.retainedSlice();
      slice.release();
      first.release();
      ByteBuf second = allocator.directBuffer(8).writeLong(i);
      assertEquals(address, second.memoryAddress(), "the memory is used again");
      assertThrows(IllegalReferenceCountException.class, first::release);
      assertThrows(IllegalReferenceCountException.class, slice::release);
      assertThrows(IllegalReferenceCountException.class, () -> first.writeLong(-1));
      assertEquals(1, second.refCnt());
      assertEquals(i, second.readLong());
      assertTrue(second.release());
    }
    assertEquals(0, allocator.metrics().usedBytes());
  }

  /** Each leaves references where it was, and is somewhere else when it is lost. */
  @Test
  void shouldSeeAllThatItSamplesAtTheUsualLevel() throws InterruptedException {
    ResourceLeakDetector.setLevel(Level.SIMPLE);
    List<WeakReference<ByteBuf>> watched = leakSome();
    assertTrue(watched.size() > LEAKS / 1000, "it samples one of 128: " + watched.size());
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    do {
      System.gc();
      Thread.sleep(10);
    } while (reachable(watched) > 0 && System.nanoTime() < deadline);
    assertEquals(0, reachable(watched), () -> "of " + watched.size());
  }

  private static long reachable(List<WeakReference<ByteBuf>> buffers) {
    return buffers.stream().filter(each -> each.get() != null).count();
  }

  /** What the detector watches of the buffers that were lost. */
  private List<WeakReference<ByteBuf>> leakSome() {
    List<ByteBuf> buffers = new ArrayList<>();
    for (int i = 0; i < LEAKS; i++) {
      buffers.add(allocator.directBuffer(777));
    }
    Collections.shuffle(buffers, new Random(LEAKS));
    buffers.forEach(ByteBuf::release);
    // From where they lie, to other places than they came from, and half of them again.
    buffers.replaceAll(_ -> allocator.directBuffer(777));
    Collections.shuffle(buffers, new Random(LEAKS));
    List<ByteBuf> half = buffers.subList(0, LEAKS / 2);
    half.forEach(ByteBuf::release);
    List<WeakReference<ByteBuf>> watched = new ArrayList<>();
    for (int i = 0; i < LEAKS / 2; i++) {
      ByteBuf lost = allocator.directBuffer(777);
      ByteBuf root = lost.unwrap();
      if (root != null) {
        watched.add(new WeakReference<>(root));
      }
    }
    buffers.subList(LEAKS / 2, LEAKS).forEach(ByteBuf::release);
    return watched;
  }

  /** It would be alive while bytes are copied: who released it then would release what grows. */
  @Test
  void shouldNotUseTheObjectOfAReleasedBufferToGrow() {
    ByteBuf released = allocator.directBuffer(4096);
    long address = released.memoryAddress();
    ByteBuf object = released.unwrap();
    released.release();
    ByteBuf growing = allocator.directBuffer(8);
    growing.capacity(4096);
    assertEquals(address, growing.memoryAddress(), "it has grown into the memory");
    ResourceLeakDetector.setLevel(Level.DISABLED);
    // The one that was used to grow is now in the place of the small one, and is used again.
    ByteBuf next = allocator.directBuffer(8);
    assertNotSame(object, next);
    next.release();
    growing.release();
  }

  /** Below that level it is as in Netty: no buffer costs an object. */
  @Test
  void shouldUseObjectsAgainWhenMisuseIsNotLookedFor() {
    ResourceLeakDetector.setLevel(Level.DISABLED);
    ByteBuf first = allocator.directBuffer(8);
    first.release();
    ByteBuf second = allocator.directBuffer(8);
    assertSame(first, second);
    second.release();
  }

  private void awaitReport() throws InterruptedException {
    awaitReport("LeakDetectionTest.leak(");
    assertTrue(report().contains("LEAK: ByteBuf.release() was not called"), this::report);
    assertTrue(allocator.holders().contains("LeakDetectionTest.leak"), allocator::holders);
  }

  private void awaitReport(String place) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    do {
      System.gc();
      Thread.sleep(10);
      // The detector reports when it is asked to watch another buffer.
      allocator.directBuffer(64).release();
    } while (!report().contains(place) && System.nanoTime() < deadline);
    assertTrue(report().contains(place), this::report);
  }

  @Test
  void shouldFollowRetainedViewsInWhateverOrderTheyAreReleased() throws InterruptedException {
    releaseInAllOrders();
    assertEquals(0, allocator.metrics().usedBytes());
    // What is lost later, by another thread, is reported: then all before would have been.
    Thread.ofPlatform().start(this::leakForControl).join();
    awaitReport("LeakDetectionTest.leakForControl");
    assertFalse(report().contains("releaseInAllOrders"), this::report);
  }

  @Test
  void shouldReportAViewThatNobodyReleased() throws InterruptedException {
    retainOnce();
    awaitReport("LeakDetectionTest.retainOnce");
  }

  private void retainOnce() {
    ByteBuf buffer = allocator.directBuffer(777).writeZero(777);
    buffer.retainedSlice(7, 70);
    buffer.release();
  }

  private void releaseInAllOrders() {
    for (int first = 0; first < 3; first++) {
      ByteBuf buffer = allocator.directBuffer(777).writeZero(777);
      ByteBuf slice = buffer.retainedSlice(7, 70);
      List<ByteBuf> references = List.of(buffer, slice, slice.retainedDuplicate());
      assertEquals(false, references.get(first).release());
      assertEquals(false, references.get((first + 1) % 3).release());
      assertEquals(1, references.get((first + 2) % 3).refCnt());
      assertTrue(references.get((first + 2) % 3).release());
    }
  }
}
