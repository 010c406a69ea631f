package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.verbena.RdmaTest;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Counterparts of pyverbs' {@code MRTest}, and the access flags that it does not look at. */
@RdmaTest
class PyverbsMrTest {
  private DeviceFixture fixture;
  private ProtectionDomain domain;

  @BeforeEach
  void open() throws IOException {
    fixture = new DeviceFixture();
    domain = fixture.context.createDomain();
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void regMr() throws IOException {
    for (Set<Access> rights :
        List.of(
            Set.<Access>of(),
            Set.of(Access.LOCAL_WRITE),
            Set.of(Access.REMOTE_READ),
            Set.of(Access.LOCAL_WRITE, Access.REMOTE_WRITE),
            Set.of(Access.LOCAL_WRITE, Access.REMOTE_WRITE, Access.REMOTE_READ),
            Set.of(Access.LOCAL_WRITE, Access.RELAXED_ORDERING),
            Set.of(Access.LOCAL_WRITE, Access.ZERO_BASED))) {
      try (MemoryRegion region = domain.allocate(4096, rights.toArray(Access[]::new))) {
        assertEquals(4096, region.length());
        assertNotEquals(0, region.lkey());
        assertEquals(
            rights.contains(Access.ZERO_BASED) ? 0 : region.memory().address(), region.address());
      }
    }
  }

  @Test
  void deregMrTwice() throws IOException {
    MemoryRegion region = domain.allocate(4096);
    region.close();
    region.close();
    assertFalse(region.isOpen());
  }

  @Test
  void regMrBadFlags() {
    for (Access alone : List.of(Access.REMOTE_WRITE, Access.REMOTE_ATOMIC)) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> domain.allocate(4096, alone));
      assertTrue(e.getMessage().contains("LOCAL_WRITE"), e.getMessage());
    }
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> domain.allocate(4096, Access.HUGE_PAGES));
    assertTrue(e.getMessage().contains("ON_DEMAND"), e.getMessage());
  }

  @Test
  void shouldSayThatTheDeviceHasNoOnDemandPaging() throws IOException {
    assumeTrue(
        !fixture.context.extendedAttributes().onDemandPaging().supported(),
        "the device has on-demand paging");
    VerbsException e =
        assertThrows(VerbsException.class, () -> domain.allocate(4096, Access.ON_DEMAND));
    assertEquals("EOPNOTSUPP", e.errnoName());
    assertTrue(e.getMessage().contains("no on-demand paging"), e.getMessage());
  }

  @Test
  void shouldPrefetchWithOnDemandPaging() throws IOException {
    assumeTrue(
        fixture.context.extendedAttributes().onDemandPaging().supported(),
        "the device has no on-demand paging");
    try (MemoryRegion region = domain.allocate(8192, Access.ON_DEMAND, Access.LOCAL_WRITE)) {
      region.advise(MemoryAdvice.PREFETCH_WRITE, 0, 8192, true);
    }
  }

  @Test
  void shouldSayThatTheDeviceTakesNoAdvice() throws IOException {
    assumeTrue(
        !fixture.context.extendedAttributes().onDemandPaging().supported(),
        "the device has on-demand paging");
    try (MemoryRegion region = domain.allocate(4096)) {
      VerbsException e =
          assertThrows(
              VerbsException.class, () -> region.advise(MemoryAdvice.PREFETCH, 0, 4096, true));
      assertEquals("EOPNOTSUPP", e.errnoName());
      assertTrue(e.getMessage().contains("takes no advice"), e.getMessage());
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> region.advise(MemoryAdvice.PREFETCH, 1, 4096, false));
    }
  }
}
