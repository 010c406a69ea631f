package io.verbena.lane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InterfacesTest {
  @TempDir private Path root;

  private void write(String file, String text) throws IOException {
    Path path = root.resolve("sys/class/net").resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  @Test
  void shouldTellIpoibByItsType() throws IOException {
    write("ib0/type", "32\n");
    write("eth0/type", "1\n");
    Interfaces interfaces = new Interfaces(KernelFiles.under(root));
    assertTrue(interfaces.isIpoib("ib0"));
    assertFalse(interfaces.isIpoib("eth0"));
    assertFalse(interfaces.isIpoib("gone"));
  }

  @Test
  void shouldTellWhichPortAnInterfaceIsOf() throws IOException {
    write("ib1/device/infiniband/mlx4_0/node_type", "1: CA\n");
    write("ib1/dev_port", "0\n");
    write("ib1/dev_id", "0x1\n");
    Interfaces interfaces = new Interfaces(KernelFiles.under(root));
    assertTrue(interfaces.isOf("ib1", "mlx4_0", 2));
    assertFalse(interfaces.isOf("ib1", "mlx4_0", 1));
    assertFalse(interfaces.isOf("ib1", "mlx4_1", 2));
    assertFalse(interfaces.isOf("eth0", "mlx4_0", 1));
  }

  @Test
  void shouldNameTheInterfaceOfALocalAddress() throws IOException {
    assertEquals("lo", Interfaces.nameOf(InetAddress.ofLiteral("127.0.0.1")));
    assertEquals("lo", Interfaces.nameOf(InetAddress.ofLiteral("127.3.2.1")));
    assertEquals("192.0.2.7", Interfaces.nameOf(InetAddress.ofLiteral("192.0.2.7")));
    assertEquals(-1, Interfaces.indexOf("no-such-nic"));
    assertTrue(Interfaces.indexOf("lo") > 0);
  }
}
