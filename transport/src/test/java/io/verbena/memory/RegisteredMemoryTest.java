package io.verbena.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.verbena.verbs.ProtectionDomain;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class RegisteredMemoryTest {
  private static final long HUGE_PAGE = 2 << 20;

  private final MemoryDomain domain = new MemoryDomain(null);

  @AfterEach
  void close() {
    domain.close();
  }

  @Test
  void shouldStartOnAPageAndBeZeroed() throws IOException {
    MemorySegment memory = domain.allocate(10_000).segment();
    assertEquals(0, memory.address() % 4096);
    assertEquals(-1, memory.mismatch(MemorySegment.ofArray(new byte[10_000])));
  }

  @Test
  void shouldStartWhereTheAlignmentWants() throws IOException {
    for (PageKind pages : PageKind.values()) {
      for (long alignment : new long[] {1, 64, 4096, 64 << 10, 1 << 20, 8 << 20}) {
        MemoryConfig config = MemoryConfig.defaults().withPages(pages).withAlignment(alignment);
        try (RegisteredMemory memory = domain.allocate((3 << 20) + 5, config)) {
          assertEquals(0, memory.segment().address() % Math.max(4096, alignment), config::toString);
          assertEquals((3 << 20) + 5, memory.length());
          memory.segment().fill((byte) 1);
        }
      }
    }
  }

  @Test
  void shouldRefuseAlignmentsThatAreNone() {
    MemoryConfig config = MemoryConfig.defaults();
    for (long wrong : new long[] {0, -1, 3, 96, Long.MIN_VALUE, 1L << 31}) {
      assertThrows(IllegalArgumentException.class, () -> config.withAlignment(wrong));
    }
  }

  @Test
  void shouldRefuseMoreThanTheSystemHas() {
    for (PageKind pages : PageKind.values()) {
      for (long bytes : new long[] {1L << 50, Long.MAX_VALUE}) {
        MemoryConfig config = MemoryConfig.defaults().withPages(pages).withAlignment(1 << 30);
        assertThrows(IOException.class, () -> domain.allocate(bytes, config));
      }
    }
  }

  @Test
  void shouldLeaveNothingMappedAfterAnErrorOfTheJvm() throws IOException {
    long before = mappedKilobytes();
    List<ProtectionDomain> failing =
        new AbstractList<>() {
          @Override
          public ProtectionDomain get(int index) {
            throw new OutOfMemoryError("for the test");
          }

          @Override
          public int size() {
            return 1;
          }
        };
    assertThrows(
        OutOfMemoryError.class,
        () -> RegisteredMemory.allocate(domain, failing, 1 << 30, MemoryConfig.defaults()));
    long more = mappedKilobytes() - before;
    assertTrue(more < 512 << 10, "kB more: " + more);
  }

  private static long mappedKilobytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmSize:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
  }

  @Test
  void shouldLeaveThePagesToTheirFirstUser() throws IOException {
    try (RegisteredMemory memory = domain.allocate(1 << 20)) {
      assertEquals(0, presentPages(memory));
      memory.segment().set(ValueLayout.JAVA_BYTE, 300_000, (byte) 1);
      assertEquals(1, presentPages(memory));
    }
  }

  @Test
  void shouldTouchThePagesWhenItIsToldTo() throws IOException {
    MemoryConfig config = MemoryConfig.defaults().withTouched(true);
    try (RegisteredMemory memory = domain.allocate((1 << 20) - 1, config)) {
      assertEquals(256, presentPages(memory));
      assertEquals(
          -1, memory.segment().mismatch(MemorySegment.ofArray(new byte[(1 << 20) - 1])), "zeroed");
    }
  }

  /** What {@code /proc/self/pagemap} says: 64 bits for each page, the highest if it is there. */
  private static int presentPages(RegisteredMemory memory) throws IOException {
    int present = 0;
    try (var map = new RandomAccessFile("/proc/self/pagemap", "r")) {
      long first = memory.segment().address() / 4096;
      for (long page = 0; page < (memory.length() + 4095) / 4096; page++) {
        map.seek((first + page) * Long.BYTES);
        present += (int) (Long.reverseBytes(map.readLong()) >>> 63);
      }
    }
    return present;
  }

  @Test
  void shouldPreferTransparentHugePagesWhereTheSystemHasThem() throws IOException {
    Path setting = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
    RegisteredMemory memory = domain.allocate(5 << 20, PageKind.TRANSPARENT);
    assertEquals(5 << 20, memory.length());
    assertEquals(0, memory.segment().address() % HUGE_PAGE);
    boolean on = Files.exists(setting) && !Files.readString(setting).contains("[never]");
    assertEquals(on ? PageKind.TRANSPARENT : PageKind.STANDARD, memory.pages());
    memory.segment().fill((byte) 7);
    assertEquals(7, memory.segment().get(ValueLayout.JAVA_BYTE, (5 << 20) - 1));
  }

  @Test
  void shouldNotSayThatPagesAreHugeWhereTheSystemNeverMakesThem() {
    assertTrue(PagedMemory.isOn("[always] madvise never\n"));
    assertTrue(PagedMemory.isOn("always [madvise] never\n"));
    assertFalse(PagedMemory.isOn("always madvise [never]\n"));
  }

  @Test
  void shouldHaveHugePagesFromTheStart() throws IOException {
    RegisteredMemory memory = domain.allocate(4 << 20, PageKind.HUGE);
    assumeTrue(memory.pages() == PageKind.HUGE, "no huge pages are reserved");
    assertEquals(1024, presentPages(memory));
  }

  @Test
  void shouldFallBackWhereNoHugePagesAreReserved() throws IOException {
    boolean reserved =
        Files.readAllLines(Path.of("/proc/meminfo")).stream()
            .filter(line -> line.startsWith("HugePages_Free:"))
            .anyMatch(line -> Long.parseLong(line.replaceAll("\\D", "")) >= 2);
    RegisteredMemory memory = domain.allocate(3 << 20, PageKind.HUGE);
    assertEquals(reserved, memory.pages() == PageKind.HUGE);
    memory.segment().set(ValueLayout.JAVA_LONG, (3 << 20) - 8, 42);
    assertEquals(3 << 20, memory.length());
  }

  @Test
  void shouldUseStandardPagesForLittleMemory() throws IOException {
    assertEquals(PageKind.STANDARD, domain.allocate(8, PageKind.TRANSPARENT).pages());
  }

  @Test
  void shouldThrowAndNotCrashAfterClosing() throws IOException {
    for (PageKind pages : PageKind.values()) {
      RegisteredMemory memory = domain.allocate(4 << 20, pages);
      MemorySegment segment = memory.segment();
      ByteBuffer buffer = segment.asByteBuffer();
      memory.close();
      memory.close();
      assertThrows(IllegalStateException.class, () -> segment.get(ValueLayout.JAVA_BYTE, 0));
      assertThrows(IllegalStateException.class, () -> buffer.get(0));
      assertThrows(IllegalStateException.class, () -> memory.grant(RemoteAccess.READ));
    }
  }

  @Test
  @Timeout(20)
  void shouldFreeOnlyWhenNoSystemCallUsesTheMemory() throws Exception {
    RegisteredMemory memory = domain.allocate(4 << 20, PageKind.TRANSPARENT);
    MemorySegment segment = memory.segment();
    Pipe pipe = Pipe.open();
    var started = new CountDownLatch(1);
    Thread reader =
        Thread.ofPlatform()
            .start(
                () -> {
                  started.countDown();
                  try {
                    pipe.source().read(segment.asByteBuffer());
                  } catch (IOException e) {
                    throw new IllegalStateException(e);
                  }
                });
    started.await();
    while (reader.getState() != Thread.State.RUNNABLE) {
      Thread.sleep(1);
    }
    Thread.sleep(200);
    memory.close();
    assertTrue(segment.scope().isAlive(), "the read is using it");
    pipe.sink().write(ByteBuffer.wrap(new byte[] {1}));
    reader.join();
    while (segment.scope().isAlive()) {
      Thread.sleep(1);
    }
    pipe.sink().close();
    pipe.source().close();
  }

  @Test
  void shouldNotRevokeAGrantOfOtherMemory() throws IOException {
    RegisteredMemory memory = domain.allocate(4096);
    RemoteMemory granted = memory.grant(RemoteAccess.READ);
    assertEquals(false, domain.allocate(4096).revoke(granted));
    assertTrue(
        domain.resolve(granted.handle(), granted.address(), 8, RemoteAccess.READ) != null,
        "it is in force");
    assertTrue(memory.revoke(granted));
  }

  @Test
  void shouldNotAllocateFromADomainThatIsClosed() {
    domain.close();
    var refusal = assertThrows(IllegalStateException.class, () -> domain.allocate(4096));
    assertTrue(String.valueOf(refusal.getMessage()).contains("closed"));
  }

  @Test
  void shouldFreeWhatIsAllocatedWhileTheDomainIsClosed() throws InterruptedException {
    for (int round = 0; round < 200; round++) {
      var closing = new MemoryDomain(null);
      List<MemorySegment> allocated = new ArrayList<>();
      var started = new CountDownLatch(1);
      Thread thread =
          Thread.ofPlatform().start(() -> allocateUntilClosed(closing, allocated, started));
      started.await();
      closing.close();
      thread.join();
      for (MemorySegment each : allocated) {
        assertFalse(each.scope().isAlive());
      }
    }
  }

  private static void allocateUntilClosed(
      MemoryDomain closing, List<MemorySegment> allocated, CountDownLatch started) {
    try {
      while (allocated.size() < 100_000) {
        allocated.add(closing.allocate(1).segment());
        started.countDown();
      }
    } catch (IllegalStateException e) {
      // As it has to be.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void shouldRevokeGrantsOneByOne() throws IOException {
    RegisteredMemory memory = domain.allocate(4096);
    RemoteMemory read = memory.grant(RemoteAccess.READ);
    RemoteMemory write = memory.grant(RemoteAccess.WRITE);
    assertNotEquals(read.handle(), write.handle());
    assertTrue(memory.revoke(read));
    assertEquals(false, memory.revoke(read));
    assertEquals(null, domain.resolve(read.handle(), read.address(), 8, RemoteAccess.READ));
    assertEquals(
        8, domain.resolve(write.handle(), write.address(), 8, RemoteAccess.WRITE).byteSize());
  }
}
