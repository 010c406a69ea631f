package io.verbena.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the doctor says of machines that we do not have, by their files. */
class MachinesTest {
  @TempDir private Path folder;

  /** The severities are those of the checks in their order, by their first letters. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "azure-hb               | OOOO OOO OOONO O | mlx5_ib0 port 1, InfiniBand at 200 Gb/s,"
            + " GID 0, partition key 0x800b",
        "azure-hb-an            | OOOO OOO OOONO O | mlx5_ib0 port 1, InfiniBand at 200 Gb/s,"
            + " GID 0, partition key 0x800b",
        "azure-nd5              | OOOO OOO OOONO O | mlx5_ib0 port 1, InfiniBand at 400 Gb/s,"
            + " GID 0, partition key 0x800b",
        "azure-hb-limited       | OOOO OOO OOWNO O | mlx5_ib0 port 1, InfiniBand at 200 Gb/s,"
            + " GID 0, partition key 0x7fff",
        "azure-hb-agent-comment | OOOO OOO OOONW O | mlx5_ib0 port 1, InfiniBand at 200 Gb/s,"
            + " GID 0, partition key 0x800b",
        "azure-hb-agent-no      | OOOO OOO OOONW O | mlx5_ib0 port 1, InfiniBand at 200 Gb/s,"
            + " GID 0, partition key 0x800b",
        "azure-hb-ofed          | OOOO OOO OOONO O | mlx5_ib0 port 1, InfiniBand at 200 Gb/s,"
            + " GID 0, partition key 0x800b",
        "azure-hb-doca          | OOOW OOO OOONO O | mlx5_ib0 port 1, InfiniBand at 200 Gb/s,"
            + " GID 0, partition key 0x800b",
        "roce                   | OOOO OOO WOOON O | mlx5_1 port 1, RoCE v2 at 100 Gb/s, GID 3,"
            + " partition key 0xffff",
        "soft-roce              | OOOO OOO OOOON O | rxe0 port 1, RoCE v2 at 2500 Mb/s, GID 1,"
            + " partition key 0xffff",
      })
  void shouldSayWhatIsUsed(String tree, String severities, String choice) throws Exception {
    Diagnosis diagnosis = MachineTree.of(folder, tree).diagnosis();
    assertEquals(severities, letters(diagnosis));
    assertTrue(diagnosis.rdmaUsable());
    assertEquals("RDMA: yes. Verbena will use " + choice + ".", diagnosis.summary());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "linux                | OFNN NOO NNNNN O | eth0 | This machine has no RDMA adapter. | Use a"
            + " machine that has one.",
        "azure                | OFNN NOO NNNNN O | eth0 | There is no RDMA adapter: this size has"
            + " no InfiniBand, or is not SR-IOV. | Choose an RDMA-capable size with SR-IOV",
        "azure-network-direct | OFNN NOO NNNNN O | eth0 | This size has RDMA by NetworkDirect"
            + " without SR-IOV, which Linux has no verbs for. | Choose an RDMA-capable size",
        "azure-an-only        | OFOO OOO OFOON O | eth0 | This size has no InfiniBand: its adapter"
            + " is the NVIDIA (Mellanox) Ethernet one of Accelerated Networking, over which Azure"
            + " carries no RDMA. | Choose an RDMA-capable size",
        "azure-mana           | OFOO WOO OFOWN O | eth0 | This size has no InfiniBand: its adapter"
            + " is the Microsoft MANA one of Accelerated Networking, over which Azure carries no"
            + " RDMA. | Choose an RDMA-capable size",
        "azure-hb-bare        | OOFO NOO NNNNN O | eth0 | The NVIDIA (Mellanox) InfiniBand adapter"
            + " at 0101:00:00.0 has no driver. | modprobe -a mlx5_ib ib_uverbs rdma_ucm # if there"
            + " are no such modules: use an HPC image",
        "azure-hb-no-ib       | OOFO NOO NNNNN O | eth0 | The NVIDIA (Mellanox) InfiniBand adapter"
            + " at 0101:00:00.0 has the driver mlx5_core, but is no RDMA device. | modprobe -a"
            + " mlx5_ib",
        "container            | OOOO FOF OOONO O | ib0  | mlx5_ib0 is there, but its node"
            + " /dev/infiniband/uverbs0 is not. | Start the container with --device=/dev/infiniband"
            + " --cap-add=IPC_LOCK --ulimit memlock=-1",
        "azure-hb-init        | OOOO OOO FFOOW O | eth0 | The port mlx5_ib0:1 is INIT: no subnet"
            + " manager has configured it. | Wait a minute",
        "azure-hb-down        | OOOO OOO FNONW O | eth0 | The port mlx5_ib0:1 is DOWN, phys_state"
            + " 2: Polling. | Restart the virtual machine",
        "azure-hb-no-key      | OOOO OOO ONFNO O | ib0  | The port mlx5_ib0:1 is in no partition."
            + " | Restart the virtual machine",
        "iwarp                | OOOO OOO FFOON O | eth0 | No device has a port that Verbena can use."
            + " | Use an adapter that speaks InfiniBand or RoCE.",
      })
  void shouldSayWhatToMendFirst(String tree, String severities, String tcp, String why, String cure)
      throws Exception {
    Diagnosis diagnosis = MachineTree.of(folder, tree).diagnosis();
    assertEquals(severities, letters(diagnosis));
    assertFalse(diagnosis.rdmaUsable());
    assertEquals(
        "RDMA: no. %s Verbena will use TCP on %s.".formatted(why, tcp), diagnosis.summary());
    Finding first = diagnosis.firstFailure().orElseThrow();
    assertTrue(first.cure().startsWith(cure), first.cure());
  }

  private static String letters(Diagnosis diagnosis) {
    String all =
        diagnosis.findings().stream()
            .map(each -> each.severity().toString().substring(0, 1))
            .collect(Collectors.joining());
    // As they belong together: what there is, how programs get at it, ports and addresses, the
    // rest.
    return String.join(
        " ", all.substring(0, 4), all.substring(4, 7), all.substring(7, 12), all.substring(12));
  }
}
