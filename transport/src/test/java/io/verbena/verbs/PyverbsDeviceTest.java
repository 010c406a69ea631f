package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaDevice;
import io.verbena.RdmaTest;
import java.io.IOException;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Counterparts of pyverbs' {@code test_device}. */
@RdmaTest
class PyverbsDeviceTest {
  private DeviceFixture fixture;
  private Context context;

  @BeforeEach
  void open() throws IOException {
    fixture = new DeviceFixture();
    context = fixture.context;
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void devList() throws IOException {
    List<Device> devices = Device.list();
    assertFalse(devices.isEmpty());
    for (Device device : devices) {
      assertFalse(device.name().isEmpty());
      assertNotEquals(NodeType.UNKNOWN, device.nodeType());
      assertNotEquals(TransportType.UNKNOWN, device.transportType());
      assertTrue(device.numaNode() >= -1);
    }
    assertEquals(devices.size(), devices.stream().map(Device::name).distinct().count());
  }

  @Test
  void openDev() throws IOException {
    for (Device device : Device.list()) {
      try (Context opened = device.open()) {
        assertTrue(opened.isOpen());
        assertSame(device, opened.device());
      }
    }
  }

  @Test
  void queryDevice() throws IOException {
    DeviceAttributes attributes = context.attributes();
    assertEquals(context.device().guid(), attributes.nodeGuid());
    assertNotEquals(0, attributes.systemImageGuid());
    assertTrue(attributes.maxQueuePairs() > 0);
    assertTrue(attributes.maxQueueDepth() > 0);
    assertTrue(attributes.maxElements() > 0);
    assertTrue(attributes.maxCompletionQueues() > 0);
    assertTrue(attributes.maxCompletionEntries() > 0);
    assertTrue(attributes.maxRegions() > 0);
    assertTrue(attributes.maxDomains() > 0);
    assertTrue(attributes.maxRegionBytes() > 0);
    assertTrue(attributes.portCount() > 0);
    assertTrue(attributes.maxPkeys() > 0);
    assertTrue((attributes.pageSizes() & 1 << 12) != 0, "pages of 4 KiB");
    assertTrue(attributes.acknowledgeDelayNanos() > 0);
    boolean windows = attributes.capabilities().contains(DeviceCapability.MEMORY_WINDOW);
    assertEquals(windows, attributes.maxMemoryWindows() > 0);
  }

  @Test
  void queryDeviceEx() throws IOException {
    ExtendedDeviceAttributes extended = context.extendedAttributes();
    assertEquals(context.attributes(), extended.base());
    assertSame(extended, context.extendedAttributes());
    ExtendedDeviceAttributes.OnDemandPaging paging = extended.onDemandPaging();
    if (!paging.supported()) {
      assertTrue(paging.reliable().isEmpty() && paging.datagram().isEmpty(), paging::toString);
      assertFalse(paging.implicit());
    }
    assertEquals(extended.moderation().maxCompletions() > 0, extended.moderation().maxMicros() > 0);
    assertEquals(extended.tagMatching().maxTags() > 0, extended.tagMatching().maxElements() > 0);
  }

  @Test
  void physPortCntEx() throws IOException {
    assertEquals(context.portCount(), context.extendedAttributes().physicalPorts());
  }

  @Test
  void queryPort() throws IOException {
    for (int number = 1; number <= context.portCount(); number++) {
      PortAttributes port = context.port(number);
      assertEquals(number, port.number());
      assertNotEquals(PortState.UNKNOWN, port.state());
      assertNotEquals(LinkLayer.UNSPECIFIED, port.linkLayer());
      assertTrue(port.activeMtuBytes() >= 256 && port.activeMtuBytes() <= port.maxMtuBytes());
      assertTrue(port.maxMessageBytes() > 0);
      assertTrue(port.gidTableLength() > 0);
    }
  }

  @Test
  void queryPortBadFlow() throws IOException {
    int absent = context.portCount() + 1;
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> context.port(absent));
    assertTrue(e.getMessage().contains("no port " + absent), e.getMessage());
  }

  @Test
  void queryGid() throws IOException {
    assertFalse(context.gid(fixture.port, fixture.gidIndex).isZero());
    int length = context.port(fixture.port).gidTableLength();
    assertThrows(VerbsException.class, () -> context.gid(fixture.port, length));
    assertThrows(IllegalArgumentException.class, () -> context.gid(0, 0));
  }

  @Test
  void queryGidEx() throws IOException {
    for (GidEntry entry : context.gids(fixture.port)) {
      assertEquals(entry, context.gidEntry(fixture.port, entry.index()));
    }
  }

  @Test
  void queryGidExBadFlow() throws IOException {
    int length = context.port(fixture.port).gidTableLength();
    VerbsException beyond =
        assertThrows(VerbsException.class, () -> context.gidEntry(fixture.port, length));
    assertEquals("ibv_query_gid_ex", beyond.verb());
    assertThrows(
        IllegalArgumentException.class, () -> context.gidEntry(context.portCount() + 1, 0));
    List<Integer> used = context.gids(fixture.port).stream().map(GidEntry::index).toList();
    int empty =
        IntStream.range(0, length).filter(index -> !used.contains(index)).findFirst().orElseThrow();
    assertThrows(VerbsException.class, () -> context.gidEntry(fixture.port, empty));
    assertTrue(context.gid(fixture.port, empty).isZero());
  }

  @Test
  void queryGidTable() throws IOException {
    int entries = 0;
    for (int port = 1; port <= context.portCount(); port++) {
      List<GidEntry> gids = context.gids(port);
      assertTrue(gids.size() <= context.port(port).gidTableLength());
      for (GidEntry entry : gids) {
        assertFalse(entry.gid().isZero());
        assertNotEquals(GidType.UNKNOWN, entry.type());
      }
      entries += gids.size();
    }
    assertTrue(entries > 0);
  }

  @Test
  void queryGidTableBadFlow() throws IOException {
    // A table that is too small for the entries is refused by the library, not cut.
    int entries = context.gids(fixture.port).size();
    assertTrue(entries >= 2, "needs a table with at least two entries");
    VerbsException e =
        assertThrows(
            VerbsException.class, () -> new PortQueries(context).gids(fixture.port, entries - 1));
    assertEquals("ibv_query_gid_table", e.verb());
    assertEquals("EINVAL", e.errnoName());
  }

  @Test
  void queryPkey() throws IOException {
    int pkey = context.pkey(fixture.port, 0);
    assertTrue(pkey > 0 && pkey <= 0xffff, () -> "pkey " + pkey);
    assertEquals(OptionalInt.of(0), context.pkeyIndex(fixture.port, pkey));
    assertEquals(OptionalInt.empty(), context.pkeyIndex(fixture.port, 0x1234));
    int length = context.port(fixture.port).pkeyTableLength();
    assertThrows(VerbsException.class, () -> context.pkey(fixture.port, length));
  }

  @Test
  void queryRtValues() throws IOException {
    // Soft-RoCE has no clock; an adapter that says that it has one must let it be read.
    if (context.extendedAttributes().clockKilohertz() > 0) {
      long first = context.clockTicks();
      assertTrue(context.clockTicks() >= first);
    } else {
      VerbsException e = assertThrows(VerbsException.class, () -> context.clockTicks());
      assertEquals("EOPNOTSUPP", e.errnoName());
      assertTrue(e.getMessage().contains("no clock"), e.getMessage());
    }
  }

  @Test
  void shouldChooseAPortByWishes() throws IOException {
    PortChoice any = Device.choose(PortWishes.none().withDevice(RdmaDevice.find().name()));
    assertEquals(PortState.ACTIVE, any.port().state());
    assertEquals(any.gid(), context.gidEntry(any.port().number(), any.gid().index()));
    assertTrue(any.reason().startsWith(any.device().name()), any.reason());
    PortChoice same = Device.choose(PortWishes.none().withAddress(any.gid().gid().inetAddress()));
    assertEquals(any.gid().gid(), same.gid().gid());
    VerbsException e =
        assertThrows(
            VerbsException.class, () -> Device.choose(PortWishes.none().withDevice("absent0")));
    assertTrue(e.getMessage().contains(any.device().name()), e.getMessage());
  }
}
