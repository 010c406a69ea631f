package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.doctor.Diagnosis;
import io.verbena.doctor.Doctor;
import io.verbena.doctor.DoctorOptions;
import io.verbena.doctor.Finding;
import io.verbena.doctor.Severity;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the doctor says of the way to another host, and of a network that carries TCP only. */
@TwoHostTest
@Timeout(240)
class TwoHostDoctorTest {
  private static final List<String> CHECKS =
      List.of(
          "peer-tcp",
          "peer-handshake",
          "peer-message",
          "peer-write",
          "peer-rdma-cm",
          "peer-partition-keys");

  private static Diagnosis probe() throws InterruptedException {
    var peer =
        new InetSocketAddress(
            System.getenv("TESTBED_PEER_ADDRESS"), Integer.getInteger("verbena.doctor.port", 7483));
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (true) {
      Diagnosis diagnosis = Doctor.examine(DoctorOptions.defaults().withPeer(peer));
      // It may still be starting.
      if (finding(diagnosis, "peer-tcp").severity() == Severity.OK
          || System.nanoTime() - deadline > 0) {
        return diagnosis;
      }
      Thread.sleep(200);
    }
  }

  private static Finding finding(Diagnosis diagnosis, String check) {
    return diagnosis.findings().stream()
        .filter(each -> each.check().equals(check))
        .findFirst()
        .orElseThrow();
  }

  /**
   * Tries again for a minute: on an emulated processor the first visit of two programs that have
   * just started may take longer than the doctor waits.
   */
  private static void shouldReachByRdma() throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    Diagnosis diagnosis = probe();
    while (!isAllWell(diagnosis) && System.nanoTime() - deadline < 0) {
      diagnosis = probe();
    }
    for (String check : CHECKS) {
      Finding finding = finding(diagnosis, check);
      assertEquals(Severity.OK, finding.severity(), finding::toString);
    }
    assertTrue(diagnosis.rdmaUsable());
  }

  private static boolean isAllWell(Diagnosis diagnosis) {
    return CHECKS.stream().allMatch(check -> finding(diagnosis, check).severity() == Severity.OK);
  }

  @Test
  void shouldNameTheFilterAndSeeThatItIsGone() throws Exception {
    shouldReachByRdma();
    try (var filter = new FilteredPortTest.Filter()) {
      Diagnosis diagnosis = probe();
      Finding handshake = finding(diagnosis, "peer-handshake");
      assertEquals(Severity.FAIL, handshake.severity(), handshake::toString);
      assertTrue(handshake.message().startsWith("Both sides have RDMA"), handshake.message());
      assertTrue(handshake.message().contains("UDP port 4791"), handshake.message());
      assertTrue(handshake.cure().contains("UDP port 4791"), handshake.cure());
      Finding manager = finding(diagnosis, "peer-rdma-cm");
      assertEquals(Severity.WARN, manager.severity(), manager::toString);
      Finding write = finding(diagnosis, "peer-write");
      assertTrue(write.message().contains("over TCP"), write.message());
      assertFalse(diagnosis.rdmaUsable());
      assertTrue(filter.dropped() > 0, "nothing was filtered");
    }
    shouldReachByRdma();
  }
}
