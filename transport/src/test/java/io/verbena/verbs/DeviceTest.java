package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaDevice;
import io.verbena.RdmaTest;
import java.io.IOException;
import java.net.Inet4Address;
import java.util.List;
import org.junit.jupiter.api.Test;

@RdmaTest
class DeviceTest {
  @Test
  void shouldListAndFindTheDevice() throws IOException {
    Device device = RdmaDevice.find();
    assertTrue(Device.list().contains(device));
    assertEquals(device, Device.named(device.name()));
    assertNotEquals(0, device.guid());
  }

  @Test
  void shouldNameThePresentDevicesWhenOneIsAbsent() throws IOException {
    VerbsException e = assertThrows(VerbsException.class, () -> Device.named("absent0"));
    assertTrue(e.getMessage().contains("absent0"), e.getMessage());
    assertTrue(e.getMessage().contains(RdmaDevice.find().name()), e.getMessage());
  }

  @Test
  void shouldQueryDeviceAttributes() throws IOException {
    try (Context context = RdmaDevice.find().open()) {
      DeviceAttributes attributes = context.attributes();
      assertTrue(attributes.maxQueuePairs() > 0);
      assertTrue(attributes.maxQueueDepth() >= 128);
      assertTrue(attributes.maxCompletionEntries() >= 1024);
      assertTrue(attributes.maxElements() >= 1);
      assertTrue(attributes.portCount() >= 1);
      assertEquals(context.device().guid(), attributes.nodeGuid());
      assertEquals(attributes.portCount(), context.portCount());
    }
  }

  @Test
  void shouldQueryPorts() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture()) {
      PortAttributes port = fixture.context.port(fixture.port);
      assertEquals(PortState.ACTIVE, port.state());
      assertTrue(port.activeMtuBytes() >= 256 && port.activeMtuBytes() <= port.maxMtuBytes());
      assertTrue(port.gidTableLength() > 0);
      assertTrue(port.pkeyTableLength() > 0);
      assertTrue(port.maxMessageBytes() > 0);
      assertTrue(port.lanes() > 0 && port.megabitsPerSecond() > 0);
      assertNotEquals(LinkLayer.UNSPECIFIED, port.linkLayer());
      assertNotEquals(0, fixture.context.pkey(fixture.port, 0));
    }
  }

  @Test
  void shouldRefuseAPortThatIsNotThere() throws IOException {
    try (Context context = RdmaDevice.find().open()) {
      for (int port : new int[] {0, -1, context.portCount() + 1, 257}) {
        assertThrows(IllegalArgumentException.class, () -> context.port(port));
        assertThrows(IllegalArgumentException.class, () -> context.gids(port));
      }
      assertThrows(VerbsException.class, () -> context.pkey(1, 1 << 20));
    }
  }

  @Test
  void shouldQueryGids() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture()) {
      List<GidEntry> gids = fixture.context.gids(fixture.port);
      assertFalse(gids.isEmpty());
      for (GidEntry entry : gids) {
        assertFalse(entry.gid().isZero());
        assertEquals(entry.gid(), fixture.context.gid(fixture.port, entry.index()));
        assertNotEquals(GidType.UNKNOWN, entry.type());
        if (entry.gid().isIpv4Mapped()) {
          assertInstanceOf(Inet4Address.class, entry.gid().inetAddress());
        }
      }
    }
  }

  @Test
  void shouldRefuseUseAfterClose() throws IOException {
    Context context = RdmaDevice.find().open();
    context.close();
    context.close();
    assertFalse(context.isOpen());
    assertThrows(IllegalStateException.class, context::attributes);
    assertThrows(IllegalStateException.class, () -> context.port(1));
    assertThrows(IllegalStateException.class, context::createDomain);
    assertThrows(IllegalStateException.class, context::createCompletionChannel);
    assertThrows(IllegalStateException.class, () -> context.createCompletionQueue(1));
  }
}
