package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

class ProviderTest {
  private static final List<String> MAPS =
      List.of(
          "00400000-00401000 r-xp 00000000 08:01 77                         /usr/bin/java",
          "7f0000000000-7f0000001000 r--p 00000000 08:01 11                 /lib/librxe-rdmav34.so",
          "7f0000001000-7f0000005000 r-xp 00001000 08:01 11                 /lib/librxe-rdmav34.so",
          "7f0000006000-7f0000008000 r-xp 00001000 08:01 12                "
              + " /lib/libmlx5.so.1.24.44.0",
          "7f0000008000-7f0000009000 rw-p 00000000 00:00 0 ",
          "7f000000a000-7f000000b000 r-xp 00001000 08:01 13   /a b/libvmw_pvrdma-rdmav34.so"
              + " (deleted)",
          "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0          [vsyscall]");

  @Test
  void shouldNameTheProviderThatContainsAnAddress() {
    assertEquals("rxe", Provider.name(MAPS, 0x7f0000001000L));
    assertEquals("rxe", Provider.name(MAPS, 0x7f0000004fffL));
    assertEquals("mlx5", Provider.name(MAPS, 0x7f0000007abcL));
    assertEquals("vmw_pvrdma", Provider.name(MAPS, 0x7f000000a800L));
    assertEquals("", Provider.name(MAPS, 0x7f0000005000L));
    assertEquals("", Provider.name(MAPS, 0x7f0000008800L));
    assertEquals("", Provider.name(MAPS, 0x00400800L));
    assertEquals("", Provider.name(MAPS, 0xffffffffff600800L));
  }

  @Test
  void shouldTakeTheKernelsBitFromSoftRoceOnly() {
    assertEquals(Abi.WC_WITH_INVALIDATE, Provider.invalidateFlags(""));
    assertEquals(Abi.WC_WITH_INVALIDATE, Provider.invalidateFlags("mlx5"));
    assertEquals(
        Abi.WC_WITH_INVALIDATE | Abi.WC_KERNEL_WITH_INVALIDATE, Provider.invalidateFlags("rxe"));
  }

  @Test
  @ResourceLock(Resources.SYSTEM_PROPERTIES)
  void shouldTakeThePropertysWord() {
    assertFalse(Provider.sendsWithoutSystemCall("rxe"));
    assertFalse(Provider.receivesWithoutSystemCall(""));
    System.setProperty(Provider.OVERRIDE, "true");
    try {
      assertTrue(Provider.sendsWithoutSystemCall("rxe"));
      assertTrue(Provider.receivesWithoutSystemCall(""));
      System.setProperty(Provider.OVERRIDE, "false");
      assertFalse(Provider.sendsWithoutSystemCall("mlx5"));
      assertFalse(Provider.receivesWithoutSystemCall("mlx5"));
      assertFalse(Provider.receivesWithoutSystemCall("rxe"));
    } finally {
      System.clearProperty(Provider.OVERRIDE);
    }
  }

  @Test
  void shouldKnowThatSoftRoceMakesSystemCallsForSendsOnly() {
    assertTrue(Provider.sendsWithoutSystemCall("mlx5"));
    assertTrue(Provider.receivesWithoutSystemCall("mlx5"));
    assertFalse(Provider.sendsWithoutSystemCall("rxe"));
    assertTrue(Provider.receivesWithoutSystemCall("rxe"));
    assertFalse(Provider.receivesWithoutSystemCall("siw"));
    assertEquals("", Provider.of(0));
    assertEquals(
        new Provider.Traits(false, true, Provider.invalidateFlags("rxe")), Provider.traits("rxe"));
  }
}
