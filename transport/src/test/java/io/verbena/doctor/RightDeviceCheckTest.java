package io.verbena.doctor;

import static io.verbena.doctor.Findings.shouldBe;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  /** Two ports of one adapter, each with its network interface; the first is the slower one. */
  private MachineTree twoPorts() throws IOException {
    MachineTree tree = MachineTree.of(folder, "roce");
    tree.apply("/sys/class/infiniband/mlx5_0/ports/1/state !");
    for (String line :
        List.of(
            "ports/1/state = 4: ACTIVE",
            "ports/1/gids/1 = 0000:0000:0000:0000:0000:ffff:0a02:0005",
            "ports/1/gid_attrs/types/1 = RoCE v2",
            "ports/1/gid_attrs/ndevs/1 = ens1f0")) {
      tree.apply("/sys/class/infiniband/mlx5_0/" + line);
    }
    for (int i = 0; i < 2; i++) {
      String nic = "/sys/class/net/ens1f" + i;
      tree.apply(nic + "/operstate = up").apply(nic + "/ifindex = " + (5 + i));
      tree.apply(nic + "/device -> ../../../bus/pci/devices/0000:31:00." + i);
      tree.apply(nic + "/dev_port = 0");
    }
    tree.apply("/proc/net/route = ens1f0 0000020A 00000000 0001 0 0 0 00FFFFFF 0 0 0");
    return tree;
  }

  private static Diagnosis leavingBy(String nic, MachineTree tree) {
    TransportConfig config = TransportConfig.defaults().withNetworkInterface(nic);
    return Doctor.examine(DoctorOptions.defaults().withRoot(tree.root()).withConfig(config));
  }

  @Test
  void shouldPreferThePortOfTheNetworkInterfaceThatTheConfigurationWants() throws IOException {
    MachineTree tree = twoPorts();
    Diagnosis diagnosis = leavingBy("ens1f0", tree);
    Choice choice = diagnosis.choice().orElseThrow();
    assertEquals("mlx5_0 port 1", choice.place());
    assertEquals(List.of("mlx5_1:1: not the network of the TCP connection"), choice.passedOver());
    assertEquals("ens1f0", diagnosis.tcpInterface());
    // InfiniBand comes first all the same.
    MachineTree azure = MachineTree.of(folder.resolve("azure"), "azure-hb-an");
    Diagnosis ofAzure = leavingBy("eth0", azure);
    assertEquals("mlx5_ib0 port 1", ofAzure.choice().orElseThrow().place());
    assertEquals("eth0", ofAzure.tcpInterface());
  }

  @Test
  void shouldPreferTheAddressesOfTheNetworkInterfaceThatTheConfigurationWants() throws IOException {
    MachineTree tree = MachineTree.of(folder, "soft-roce");
    String port = "/sys/class/infiniband/rxe0/ports/1";
    tree.apply(port + "/gids/2 = 0000:0000:0000:0000:0000:ffff:0a09:0001");
    tree.apply(port + "/gid_attrs/types/2 = RoCE v2").apply(port + "/gid_attrs/ndevs/2 = eth0.9");
    String vlan = "/sys/class/net/eth0.9";
    tree.apply(vlan + "/operstate = up").apply(vlan + "/ifindex = 9");
    tree.apply("/proc/net/route = eth0.9 0000090A 00000000 0001 0 0 0 00FFFFFF 0 0 0");
    assertEquals(1, tree.diagnosis().choice().orElseThrow().gidIndex());
    assertEquals(2, leavingBy("eth0.9", tree).choice().orElseThrow().gidIndex());
  }

  @ParameterizedTest
  @CsvSource({"ens9, (absent)", "ens1f1, 'up, no address'", "lo, 'unknown, no address'"})
  void shouldSayThatNoConnectionCanLeaveByANetworkInterface(String nic, String seen)
      throws IOException {
    Diagnosis diagnosis = leavingBy(nic, twoPorts());
    Finding finding = MachineTree.finding(diagnosis, "right-device");
    shouldBe(finding, Severity.FAIL, "by the network interface " + nic, "withNetworkInterface");
    assertEquals(List.of(new Evidence("/sys/class/net/" + nic, seen)), finding.evidence());
    assertFalse(diagnosis.rdmaUsable());
    assertEquals("", diagnosis.tcpInterface());
    assertEquals("RDMA: no. " + finding.message(), diagnosis.summary());
  }

  private static void leadBy(String nic, MachineTree tree) throws IOException {
    tree.apply("/proc/net/route !");
    tree.apply("/proc/net/route = " + nic + " 00000000 0100020A 0003 0 0 0 00000000 0 0 0");
  }

  /** The transport ties RDMA to the connection, whatever is faster beside it. */
  @Test
  void shouldChooseThePortOfTheInterfaceThatTcpTakes() throws IOException {
    MachineTree tree = twoPorts();
    leadBy("ens1f0", tree);
    Diagnosis byFirst = tree.diagnosis();
    assertEquals("ens1f0", byFirst.tcpInterface());
    assertEquals("mlx5_0 port 1", byFirst.choice().orElseThrow().place());
    leadBy("ens1f1", tree);
    Diagnosis bySecond = tree.diagnosis();
    assertEquals("ens1f1", bySecond.tcpInterface());
    assertEquals("mlx5_1 port 1", bySecond.choice().orElseThrow().place());
  }
}
