package io.verbena.doctor;

import static io.verbena.doctor.Findings.shouldBe;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a transport would choose, and what its configuration does to that. */
class RightDeviceCheckTest {
  @TempDir private Path folder;

  @Test
  void shouldLetAzureHaveRdmaInSoftware() throws IOException {
    MachineTree tree = MachineTree.of(folder, "soft-roce");
    for (String line :
        List.of(
            "sys_vendor = Microsoft Corporation",
            "product_name = Virtual Machine",
            "chassis_asset_tag = 7783-7084-3265-9085-8269-3286-77")) {
      tree.apply("/sys/class/dmi/id/" + line);
    }
    shouldBe(tree.finding("right-device"), Severity.OK, "rxe0 port 1", "");
  }

  @Test
  void shouldObeyTheConfiguration() throws IOException {
    Path root = MachineTree.of(folder, "azure-hb-an").root();
    TransportConfig config = TransportConfig.defaults().withDevice("mlx5_7");
    DoctorOptions options = DoctorOptions.defaults().withRoot(root).withConfig(config);
    Diagnosis diagnosis = Doctor.examine(options);
    assertTrue(diagnosis.choice().isEmpty());
    shouldBe(
        MachineTree.finding(diagnosis, "right-device"),
        Severity.FAIL,
        "Verbena would choose none",
        "configuration");
    // The InfiniBand port is but a limited member there.
    config = TransportConfig.defaults().withPkey(0xffff);
    Choice choice = Doctor.examine(options.withConfig(config)).choice().orElseThrow();
    assertEquals("mlx5_0 port 1", choice.place());
    assertEquals(0xffff, choice.pkey());
  }

  @Test
  void shouldChooseNothingWhereRdmaIsSwitchedOff() throws IOException {
    Path root = MachineTree.of(folder, "azure-hb").root();
    TransportConfig off = TransportConfig.defaults().withRdma(RdmaMode.OFF);
    Diagnosis diagnosis = Doctor.examine(DoctorOptions.defaults().withRoot(root).withConfig(off));
    assertTrue(diagnosis.choice().isEmpty());
    assertEquals(
        "RDMA: no. The configuration has RDMA switched off. Verbena will use TCP on ib0.",
        diagnosis.summary());
  }

  /** A link to an absolute path means one below the root: it is the other machine's. */
  @Test
  void shouldLookForDistancesBelowTheRootOnly() throws IOException {
    MachineTree tree =
        MachineTree.of(folder, "azure-hb").apply("/sys/devices/system/node -> /copy/of/nodes");
    tree.apply("/copy/of/nodes/node0/cpulist = 0-3").apply("/copy/of/nodes/node0/distance = 10 32");
    tree.apply("/copy/of/nodes/node1/cpulist = 4-7").apply("/copy/of/nodes/node1/distance = 32 10");
    tree.apply("/proc/self/status !").apply("/proc/self/status = Cpus_allowed_list:	4-7");
    String numaNode = "/sys/class/infiniband/mlx5_ib0/device/numa_node";
    if (Files.exists(tree.path(numaNode))) {
      tree.apply(numaNode + " !");
    }
    tree.apply(numaNode + " = 0");
    RdmaNode node = RdmaNode.list(new HostFiles(tree.root())).getFirst();
    assertEquals(32, node.ports().getFirst().distance());
  }
}
