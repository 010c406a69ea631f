package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.verbena.RdmaTest;
import io.verbena.memory.MemoryConfig;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.PageKind;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Memory in huge pages that somebody has reserved, or has not. */
@RdmaTest
class HugePagesTest {
  private static final Path RESERVED = Path.of("/proc/sys/vm/nr_hugepages");
  private static final int BYTES = 4 << 20;

  private String before;

  @BeforeEach
  void remember() throws IOException {
    assumeTrue(System.getenv("TESTBED_HOST") != null, "a setting of all of the machine");
    before = Files.readString(RESERVED);
  }

  @AfterEach
  void restore() throws IOException {
    if (before != null) {
      Files.writeString(RESERVED, before);
    }
  }

  @Test
  void shouldUseThePagesThatAreReservedAndGiveThemBack() throws IOException {
    Files.writeString(RESERVED, "8");
    assumeTrue(free() == 8, "the machine has not so many huge pages");
    try (LoopbackPair pair = new LoopbackPair();
        MemoryDomain domain = new MemoryDomain(pair.domain)) {
      RegisteredMemory memory = domain.allocate(BYTES, PageKind.HUGE);
      assertEquals(PageKind.HUGE, memory.pages());
      assertEquals(6, free());
      shouldTakeAWrite(pair, memory);
      memory.close();
      assertEquals(8, free(), "also while a queue pair is open that knows their addresses");
    }
  }

  @Test
  void shouldTakeNoMorePagesForAnAlignment() throws IOException {
    Files.writeString(RESERVED, "2");
    assumeTrue(free() == 2, "the machine has not so many huge pages");
    try (LoopbackPair pair = new LoopbackPair();
        MemoryDomain domain = new MemoryDomain(pair.domain)) {
      MemoryConfig config =
          MemoryConfig.defaults().withPages(PageKind.HUGE).withAlignment(4 * BYTES);
      RegisteredMemory memory = domain.allocate(BYTES, config);
      assertEquals(PageKind.HUGE, memory.pages());
      assertEquals(0, memory.segment().address() % (4 * BYTES));
      shouldTakeAWrite(pair, memory);
      memory.close();
      assertEquals(2, free());
    }
  }

  @Test
  void shouldFallBackWhereTooFewPagesAreReserved() throws IOException {
    Files.writeString(RESERVED, "1");
    assertTrue(free() <= 1);
    try (LoopbackPair pair = new LoopbackPair();
        MemoryDomain domain = new MemoryDomain(pair.domain)) {
      RegisteredMemory memory = domain.allocate(BYTES, PageKind.HUGE);
      assertNotEquals(PageKind.HUGE, memory.pages());
      assertEquals(BYTES, memory.length());
      shouldTakeAWrite(pair, memory);
    }
  }

  private static void shouldTakeAWrite(LoopbackPair pair, RegisteredMemory memory)
      throws IOException {
    RemoteMemory remote = memory.grant(RemoteAccess.WRITE);
    LoopbackPair.put(pair.left, 0, "pages");
    SendBatch sends = pair.leftPair.sends().signaled();
    sends.write(1, pair.left, 0, 5, remote.address() + BYTES - 5, remote.key());
    assertTrue(sends.submit());
    assertTrue(pair.leftDone().succeeded());
    assertEquals('s', memory.segment().get(ValueLayout.JAVA_BYTE, BYTES - 1));
  }

  private static long free() throws IOException {
    return Files.readAllLines(Path.of("/proc/meminfo")).stream()
        .filter(line -> line.startsWith("HugePages_Free:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
  }
}
