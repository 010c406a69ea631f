package io.verbena.doctor;

import static io.verbena.doctor.Findings.shouldBe;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapters without a driver, or with one that makes no RDMA device of them. */
class DriverCheckTest {
  @TempDir private Path folder;

  @Test
  void shouldTellDriversApart() throws IOException {
    String function = "/sys/bus/pci/devices/0101:00:00.0";
    MachineTree tree = MachineTree.of(folder, "azure-hb-bare");
    tree.apply(function + "/driver -> ../../../bus/pci/drivers/vfio-pci");
    shouldBe(
        tree.finding("driver"),
        Severity.FAIL,
        "is given to another program, by the driver vfio-pci",
        "driverctl unset-override 0101:00:00.0");
    tree.apply(function + "/driver !").apply(function + "/device !");
    tree.apply(function + "/device = 0x1004");
    shouldBe(tree.finding("driver"), Severity.FAIL, "has no driver", "modprobe -a mlx4_ib");
    tree.apply("/.dockerenv = ");
    shouldBe(tree.finding("driver"), Severity.FAIL, "has no driver", "On the host, not in the");
  }

  @Test
  void shouldNotMindAnIdleEthernetFunctionBesideInfiniband() throws IOException {
    MachineTree ethernet = MachineTree.of(folder, "azure-hb-an");
    ethernet.apply("/sys/bus/pci/devices/56d0:00:02.0/infiniband !");
    shouldBe(ethernet.finding("driver"), Severity.OK, "the Ethernet adapter at 56d0:00:02.0", "");
    ethernet.apply("/sys/bus/pci/devices/0101:00:00.0/infiniband !");
    shouldBe(ethernet.finding("driver"), Severity.WARN, "InfiniBand adapter at 0101", "mlx5_ib");
  }
}
