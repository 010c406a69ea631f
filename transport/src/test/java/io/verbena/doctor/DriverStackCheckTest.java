package io.verbena.doctor;

import static io.verbena.doctor.Findings.shouldBe;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose drivers and libraries they are, and how they came. */
class DriverStackCheckTest {
  @TempDir private Path folder;

  @Test
  void shouldNameTheDriverStack() throws IOException {
    shouldBe(
        MachineTree.of(folder.resolve("a"), "azure-hb-ofed").finding("driver-stack"),
        Severity.OK,
        "MLNX_OFED_LINUX-23.10-1.1.9.0. MLNX_OFED ended with 24.10",
        "");
    MachineTree doca = MachineTree.of(folder.resolve("b"), "azure-hb-doca");
    shouldBe(doca.finding("driver-stack"), Severity.WARN, "2 copies of libibverbs", "Keep one");
    doca.apply("/usr/local/lib/libibverbs.so.1 !");
    shouldBe(doca.finding("driver-stack"), Severity.OK, "OFED-internal-24.10-1.1.4.0.200.", "");
    // Of a library for 32 bits this is the beginning.
    doca.apply("/usr/lib/libibverbs.so.1 = \177ELF\1\1\1");
    assertEquals(Severity.OK, doca.finding("driver-stack").severity());
    doca.apply("/usr/lib/libibverbs.so.1 !").apply("/usr/lib/libibverbs.so.1 = \177ELF\2\1\1");
    assertEquals(Severity.WARN, doca.finding("driver-stack").severity());
    doca.apply("/usr/lib/libibverbs.so.1 !");
    // One library by two names is one.
    doca.apply("/usr/lib64 -> lib/x86_64-linux-gnu");
    assertEquals(Severity.OK, doca.finding("driver-stack").severity());
  }

  @Test
  void shouldSayByWhichWayDriversCameOnAzure() throws IOException {
    MachineTree tree = MachineTree.of(folder, "azure-hb");
    Evidence none = new Evidence("/opt/azurehpc/component_versions.txt", "(absent: no HPC image)");
    assertTrue(tree.finding("driver-stack").evidence().contains(none));
    tree.apply("/var/log/azure/ib-vmext-status = done");
    shouldBe(tree.finding("driver-stack"), Severity.OK, "InfiniBandDriverLinux has run", "");
    tree.apply("/opt/azurehpc/component_versions.txt = {}");
    shouldBe(tree.finding("driver-stack"), Severity.OK, "one of Azure's HPC images", "");
    // Elsewhere such files mean nothing.
    assertFalse(
        tree.apply("/sys/class/dmi !").finding("driver-stack").message().contains("HPC image"));
  }
}
