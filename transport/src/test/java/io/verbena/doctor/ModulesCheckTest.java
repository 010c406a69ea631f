package io.verbena.doctor;

import static io.verbena.doctor.Findings.shouldBe;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Modules and device files that are missing, or not for this user. */
class ModulesCheckTest {
  @TempDir private Path folder;

  @Test
  void shouldMissModulesAndNodes() throws IOException {
    MachineTree tree = MachineTree.of(folder, "soft-roce");
    tree.apply("/dev/infiniband/rdma_cm !");
    shouldBe(tree.finding("modules"), Severity.WARN, "no rdma_cm", "modprobe rdma_ucm");
    tree.apply("/dev/infiniband/uverbs0 !");
    shouldBe(
        tree.finding("modules"),
        Severity.FAIL,
        "its node /dev/infiniband/uverbs0 is not",
        "udevadm trigger");
    tree.apply("/sys/class/infiniband_verbs !");
    shouldBe(tree.finding("modules"), Severity.FAIL, "ib_uverbs is loaded, but does not", "dmesg");
    tree.apply("/sys/module/ib_uverbs !");
    shouldBe(
        tree.finding("modules"),
        Severity.FAIL,
        "The kernel does not show rxe0 to programs: ib_uverbs is not loaded.",
        "modprobe -a ib_uverbs rdma_ucm");
    assertEquals(tree.finding("modules"), tree.diagnosis().firstFailure().orElseThrow());
    tree.apply("/.dockerenv = ");
    shouldBe(
        tree.finding("modules"),
        Severity.FAIL,
        "ib_uverbs is not loaded",
        "On the host, not in the container: modprobe -a ib_uverbs rdma_ucm");
  }

  /** What the kernel says of EPERM is in the user's language. */
  @ParameterizedTest
  @ValueSource(strings = {"Operation not permitted", "Die Operation ist nicht erlaubt"})
  void shouldThinkOfTheCgroupInAnyLanguage(String why) throws IOException {
    MachineTree tree = MachineTree.of(folder, "soft-roce");
    Host host = Host.read(DoctorOptions.defaults().withRoot(tree.root()));
    String node = "/dev/infiniband/uverbs0";
    String device = RdmaNode.VERBS + "/uverbs0";
    String cure = ModulesCheck.access(host, node, device, why);
    assertTrue(cure.startsWith("Put it into the cgroup's list of devices: "), cure);
    assertTrue(cure.contains("DeviceAllow=/dev/infiniband/uverbs0 rw"), cure);
    String rights = ModulesCheck.access(host, node, device, HostFiles.DENIED);
    assertTrue(rights.startsWith("chmod 0666 ") || rights.startsWith("usermod "), rights);
    tree.apply(device + " !");
    String stale = ModulesCheck.access(host, node, device, why);
    assertTrue(stale.startsWith("udevadm trigger"), stale);
  }
}
