package io.verbena.doctor;

import static io.verbena.doctor.MachineTree.finding;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaMode;
import io.verbena.RdmaTest;
import io.verbena.TransportConfig;
import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import io.verbena.verbs.GidEntry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The way to a peer on the same host, by RDMA. */
@RdmaTest
@Timeout(120)
class RdmaPeerProbeTest {
  private static final DoctorOptions OFF =
      DoctorOptions.defaults().withConfig(TransportConfig.defaults().withRdma(RdmaMode.OFF));

  private final ConcurrentLinkedQueue<String> visits = new ConcurrentLinkedQueue<>();

  /** An address that an RDMA device has: that of the loopback interface leads to none. */
  private static InetAddress address() throws IOException {
    for (Device device : Device.list()) {
      try (Context context = device.open()) {
        for (GidEntry each : context.gids(1)) {
          InetAddress address = each.gid().inetAddress();
          if (each.gid().isIpv4Mapped() && isOurs(address)) {
            return address;
          }
        }
      }
    }
    throw new IOException("no RDMA device has an IPv4 address");
  }

  private static boolean isOurs(InetAddress address) throws SocketException {
    return NetworkInterface.getByInetAddress(address) != null;
  }

  private DoctorServer server(DoctorOptions options) throws IOException {
    return DoctorServer.open(options, new InetSocketAddress(address(), 0), visits::add);
  }

  @Test
  void shouldWriteBothWaysAndConnectByRdmaCm() throws IOException {
    try (DoctorServer server = server(DoctorOptions.defaults())) {
      Diagnosis diagnosis = Doctor.examine(DoctorOptions.defaults().withPeer(server.address()));
      for (PeerFindings each : PeerFindings.values()) {
        Finding finding = finding(diagnosis, each.notes().ok("").check());
        assertEquals(Severity.OK, finding.severity(), finding::toString);
      }
      String write = finding(diagnosis, "peer-write").message();
      assertTrue(write.startsWith("4096 bytes were written by RDMA in each direction"), write);
      assertTrue(diagnosis.rdmaUsable());
      assertTrue(diagnosis.peer().orElseThrow().link().startsWith("RDMA "));
      assertTrue(diagnosis.summary().contains(": yes. Verbena uses RDMA "), diagnosis.summary());
    }
    assertTrue(visits.toString().contains("written both ways by RDMA"), visits::toString);
  }

  @Test
  void shouldSayThatThePeerLacksRdma() throws IOException {
    try (DoctorServer server = server(OFF)) {
      shouldSay(DoctorOptions.defaults(), server, "The peer has no RDMA: it is switched off.");
    }
  }

  @Test
  void shouldSayThatThisSideLacksRdma() throws IOException {
    try (DoctorServer server = server(DoctorOptions.defaults())) {
      shouldSay(OFF, server, "This side has no RDMA: it is switched off.");
    }
  }

  private static void shouldSay(DoctorOptions own, DoctorServer server, String words) {
    Diagnosis diagnosis = Doctor.examine(own.withPeer(server.address()));
    Finding handshake = finding(diagnosis, "peer-handshake");
    assertEquals(Severity.FAIL, handshake.severity(), handshake::toString);
    assertTrue(handshake.message().startsWith(words), handshake.message());
    assertEquals(Severity.OK, finding(diagnosis, "peer-message").severity());
    assertEquals(Severity.NA, finding(diagnosis, "peer-write").severity());
    assertFalse(diagnosis.rdmaUsable());
  }
}
