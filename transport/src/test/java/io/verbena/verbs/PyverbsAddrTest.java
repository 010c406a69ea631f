package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.verbena.RdmaTest;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** What pyverbs' test_addr.py has. */
@RdmaTest
@SuppressWarnings("try") // closing twice is what a test is about
class PyverbsAddrTest {
  private static AddressVector toMyself(DeviceFixture fixture) throws VerbsException {
    Gid gid = fixture.context.gid(fixture.port, fixture.gidIndex);
    int lid = fixture.context.port(fixture.port).lid();
    return new AddressVector(fixture.port, fixture.gidIndex, lid, gid, true, 0, 0, 64);
  }

  @Test
  void createAh() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture();
        ProtectionDomain domain = fixture.context.createDomain();
        AddressHandle handle = domain.createAddressHandle(toMyself(fixture))) {
      assertTrue(handle.isOpen());
      assertEquals(toMyself(fixture), handle.vector());
      assertTrue(handle.toString().contains(handle.vector().gid().toString()), handle::toString);
    }
  }

  @Test
  void createAhRoce() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture();
        ProtectionDomain domain = fixture.context.createDomain()) {
      assumeTrue(
          fixture.context.port(fixture.port).linkLayer() == LinkLayer.ETHERNET,
          "the port does not speak Ethernet");
      AddressVector good = toMyself(fixture);
      domain.createAddressHandle(good).close();
      // On RoCE the GIDs are the only addresses: without them there is nothing to go by.
      AddressVector local =
          new AddressVector(fixture.port, fixture.gidIndex, 1, Gid.ZERO, false, 0, 0, 64);
      VerbsException e =
          assertThrows(VerbsException.class, () -> domain.createAddressHandle(local));
      assertEquals("ibv_create_ah", e.verb());
      assertEquals("EINVAL", e.errnoName());
    }
  }

  @Test
  void destroyAh() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture();
        ProtectionDomain domain = fixture.context.createDomain()) {
      AddressHandle handle = domain.createAddressHandle(toMyself(fixture));
      handle.close();
      handle.close();
      assertFalse(handle.isOpen());
      AddressHandle other = domain.createAddressHandle(toMyself(fixture));
      domain.close();
      assertFalse(other.isOpen());
      assertThrows(IllegalStateException.class, () -> domain.createAddressHandle(other.vector()));
    }
  }
}
