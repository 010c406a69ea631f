package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the choice says about real ports; {@link PortSurveyTest} has the rules. */
@RdmaTest
class DeviceChoiceTest {
  @Test
  void shouldSayThatThePortIsDown() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture()) {
      String device = fixture.context.device().name();
      PortWishes wishes = PortWishes.none().withDevice(device).withPort(fixture.port);
      try (GuestLink link = GuestLink.of(fixture)) {
        link.down();
        VerbsException e = assertThrows(VerbsException.class, () -> Device.choose(wishes));
        assertEquals(device + " port " + fixture.port + " is DOWN: check the link", e.getMessage());
      }
      assertEquals(fixture.port, Device.choose(wishes).port().number());
    }
  }

  @Test
  void shouldFindTheAddressForALocalEnd() throws IOException {
    try (DeviceFixture fixture = new DeviceFixture()) {
      PortWishes wishes = PortWishes.none().withDevice(fixture.context.device().name());
      PortChoice choice = Device.choose(wishes);
      List<GidEntry> table = fixture.context.gids(choice.port().number());
      for (GidEntry entry : choice.gids()) {
        assertTrue(table.contains(entry), entry::toString);
        assertEquals(entry.gid(), choice.gid(entry.gid().inetAddress()).gid());
      }
      assertEquals(choice.gid(), choice.gid(InetAddress.getByAddress(new byte[] {127, 9, 9, 9})));
    }
  }
}
