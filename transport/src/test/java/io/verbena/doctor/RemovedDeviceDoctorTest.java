package io.verbena.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.ChildJvm;
import io.verbena.RdmaDevice;
import io.verbena.TwoHostTest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The doctor when the device has been taken away: where no other test uses it, in a process that
 * has not used librdmacm, which keeps a device open as long as its process lives.
 */
@TwoHostTest
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class RemovedDeviceDoctorTest {
  @Test
  void shouldMissTheDevice() throws Exception {
    String device = RdmaDevice.find().name();
    String nic = Files.readString(Path.of("/sys/class/infiniband", device, "parent")).strip();
    try {
      command("timeout", "60", "rdma", "link", "delete", device);
      Diagnosis diagnosis = Doctor.examine(DoctorOptions.defaults());
      assertFalse(diagnosis.rdmaUsable());
      Finding first = diagnosis.firstFailure().orElseThrow();
      assertEquals("adapter", first.check(), diagnosis::toString);
      assertTrue(first.message().contains("soft-RoCE, which is loaded, has no device"));
      assertEquals("rdma link add rxe0 type rxe netdev " + diagnosis.tcpInterface(), first.cure());
      command("rmmod", "rdma_ucm", "rdma_rxe", "ib_uverbs");
      Diagnosis bare = Doctor.examine(DoctorOptions.defaults());
      assertFalse(bare.rdmaUsable());
      Finding module = bare.firstFailure().orElseThrow();
      assertEquals("adapter", module.check(), bare::toString);
      assertEquals("This machine has no RDMA adapter.", module.message());
      assertTrue(module.evidence().contains(new Evidence("/sys/module/rdma_rxe", "(absent)")));
    } finally {
      command("modprobe", "-a", "ib_uverbs", "rdma_rxe", "rdma_ucm");
      command("rdma", "link", "add", device, "type", "rxe", "netdev", nic);
    }
    Diagnosis mended = Doctor.examine(DoctorOptions.defaults());
    assertTrue(mended.rdmaUsable(), mended::toString);
  }

  @Test
  void shouldMissTheModuleOfTheConnectionManager() throws Exception {
    try {
      command("rmmod", "rdma_ucm");
      Diagnosis diagnosis = Doctor.examine(DoctorOptions.defaults());
      Finding modules = MachineTree.finding(diagnosis, "modules");
      assertEquals(Severity.WARN, modules.severity(), diagnosis::toString);
      assertTrue(modules.message().startsWith("There is no rdma_cm"), modules.message());
      // Where the guest's root is that of a container, it is advised to go to the host.
      assertTrue(modules.cure().endsWith("modprobe rdma_ucm"), modules.cure());
      assertTrue(diagnosis.rdmaUsable(), diagnosis::toString);
    } finally {
      command("modprobe", "rdma_ucm");
    }
    assertEquals(
        Severity.OK,
        MachineTree.finding(Doctor.examine(DoctorOptions.defaults()), "modules").severity());
  }

  private static void command(String... words) throws Exception {
    ChildJvm.Ended ended = ChildJvm.run(new ProcessBuilder(words));
    assertEquals(0, ended.status(), ended::said);
  }
}
