package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A protection domain that a memory domain gets when some of its memory is there already. */
@RdmaTest
class IncludedDomainTest {
  private static final int BYTES = 4096;
  private static final int MANY = 200;

  private DeviceFixture device;
  private ProtectionDomain first;
  private ProtectionDomain other;

  @BeforeEach
  void open() throws IOException {
    device = new DeviceFixture();
    first = device.context.createDomain();
    other = device.context.createDomain();
  }

  @AfterEach
  void close() {
    device.close();
  }

  private static void requireRegistered(RegisteredMemory memory, ProtectionDomain domain) {
    MemoryRegion region = memory.region(domain);
    assertNotNull(region);
    assertEquals(domain, region.domain());
    assertEquals(memory.segment().address(), region.address());
  }

  @Test
  void shouldRegisterWhatIsThereAndWhatComes() throws IOException {
    try (var memory = new MemoryDomain(first)) {
      RegisteredMemory before = memory.allocate(BYTES);
      assertNull(before.region(other));
      memory.include(other);
      memory.include(other);
      RegisteredMemory after = memory.allocate(BYTES);
      for (RegisteredMemory each : List.of(before, after)) {
        requireRegistered(each, other);
        assertEquals(first, each.region().domain());
        assertTrue(each.grant(other, RemoteAccess.READ).hasKey());
      }
      assertEquals(4, other.dependents(MemoryRegion.class).count(), "two, and their grants");
      before.close();
      assertEquals(2, other.dependents(MemoryRegion.class).count());
      memory.leaveOut(other);
      assertNull(memory.allocate(BYTES).region(other));
    }
  }

  @Test
  void shouldRegisterPlainMemory() throws IOException {
    try (var memory = new MemoryDomain(null)) {
      RegisteredMemory plain = memory.allocate(BYTES);
      assertNull(plain.region());
      assertFalse(plain.grant(RemoteAccess.READ).hasKey());
      memory.include(first);
      requireRegistered(plain, first);
      assertEquals(first, plain.region().domain());
      assertTrue(plain.grant(RemoteAccess.READ).hasKey());
    }
  }

  @Test
  void shouldStayAsItWasIfTheDeviceRefuses() throws IOException {
    other.close();
    try (var memory = new MemoryDomain(first)) {
      RegisteredMemory before = memory.allocate(BYTES);
      assertThrows(IllegalStateException.class, () -> memory.include(other));
      assertNull(before.region(other));
      assertNull(memory.allocate(BYTES).region(other));
      requireRegistered(before, first);
    }
  }

  @Test
  void shouldMissNothingThatIsAllocatedMeanwhile() throws Exception {
    try (var memory = new MemoryDomain(first)) {
      var allocated = new AtomicInteger();
      var allocating =
          new FutureTask<>(
              () -> {
                List<RegisteredMemory> all = new ArrayList<>();
                for (int i = 0; i < MANY; i++) {
                  all.add(memory.allocate(BYTES));
                  allocated.incrementAndGet();
                }
                return all;
              });
      Thread.ofPlatform().start(allocating);
      while (allocated.get() < MANY / 4) {
        Thread.onSpinWait();
      }
      memory.include(other);
      for (RegisteredMemory each : allocating.get(1, TimeUnit.MINUTES)) {
        requireRegistered(each, other);
      }
      assertEquals(MANY, other.dependents(MemoryRegion.class).count());
    }
  }
}
