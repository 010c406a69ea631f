package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GidTest {
  @ParameterizedTest
  @CsvSource({
    "0000000000000000, 0000000000000000, ::",
    "0000000000000000, 0000000000000001, ::1",
    "fe80000000000000, 505400fffe123456, fe80::5054:ff:fe12:3456",
    "0000000000000000, 0000ffff0a00020f, ::ffff:10.0.2.15",
    "20010db800000000, 0001000000000000, 2001:db8:0:0:1::",
    "20010db800010001, 0001000100010001, 2001:db8:1:1:1:1:1:1",
    "20010db800000001, 0001000100010001, 2001:db8:0:1:1:1:1:1",
    "0001000000000000, 0000000000000000, 1::",
    "ffffffffffffffff, ffffffffffffffff, ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  })
  void shouldPrintAsIpv6(String prefix, String id, String text) throws UnknownHostException {
    Gid gid = new Gid(Long.parseUnsignedLong(prefix, 16), Long.parseUnsignedLong(id, 16));
    assertEquals(text, gid.toString());
    assertEquals(InetAddress.getByName(text), gid.inetAddress());
    assertEquals(gid, Gid.of(gid.toBytes()));
  }

  @Test
  void shouldKnowWhatItStandsFor() {
    Gid ipv4 = new Gid(0, 0x0000ffff_7f000001L);
    assertTrue(ipv4.isIpv4Mapped());
    assertTrue(ipv4.inetAddress() instanceof Inet4Address);
    assertFalse(ipv4.isLinkLocal());
    Gid linkLocal = new Gid(0xfe80_0000_0000_0000L, 1);
    assertTrue(linkLocal.isLinkLocal());
    assertFalse(linkLocal.isIpv4Mapped());
    assertTrue(Gid.ZERO.isZero());
    assertFalse(Gid.ZERO.isIpv4Mapped());
  }

  @Test
  void shouldUseWireOrder() {
    byte[] bytes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    assertEquals(new Gid(0x0102030405060708L, 0x090a0b0c0d0e0f10L), Gid.of(bytes));
    assertArrayEquals(bytes, Gid.of(bytes).toBytes());
    assertThrows(IllegalArgumentException.class, () -> Gid.of(new byte[15]));
  }
}
