package io.verbena.doctor;

import static io.verbena.doctor.Findings.shouldBe;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ports that are not active, and who activates them. */
class PortCheckTest {
  private static final String SOFT_PORT = "/sys/class/infiniband/rxe0/ports/1";

  @TempDir private Path folder;

  @Test
  void shouldSayWhichInterfaceToBringUp() throws IOException {
    MachineTree tree = MachineTree.of(folder, "soft-roce").apply(SOFT_PORT + "/state !");
    tree.apply(SOFT_PORT + "/state = 1: DOWN");
    shouldBe(tree.finding("port"), Severity.FAIL, "The port rxe0:1 is DOWN", "ip link set eth0 up");
    tree.apply(SOFT_PORT + "/state !").apply(SOFT_PORT + "/state = nonsense");
    shouldBe(tree.finding("port"), Severity.FAIL, "in no state that is known", "ip link set");
  }

  /** A command with words in place of a name would be pasted as it is. */
  @Test
  void shouldGiveNoCommandForAnInterfaceWithoutAName() throws IOException {
    MachineTree tree = MachineTree.of(folder, "roce");
    for (String each : List.of("mlx5_0", "mlx5_1")) {
      String port = "/sys/class/infiniband/" + each + "/ports/1";
      if (Files.exists(tree.path(port + "/gid_attrs/ndevs/0"))) {
        tree.apply(port + "/gid_attrs/ndevs/0 !");
      }
      tree.apply(port + "/state !").apply(port + "/state = 1: DOWN");
    }
    Finding port = tree.finding("port");
    shouldBe(port, Severity.FAIL, " is DOWN", "Bring the port's network interface up, and look at");
    assertFalse(port.cure().contains("ip link"), port.cure());
  }

  @Test
  void shouldSayWhoStartsASubnetManagerOutsideAzure() throws IOException {
    MachineTree tree = MachineTree.of(folder, "azure-hb-init").apply("/sys/class/dmi !");
    // There the Ethernet port may do.
    shouldBe(tree.finding("port"), Severity.WARN, "mlx5_ib0:1 is INIT", "opensm");
    shouldBe(
        tree.finding("right-device"), Severity.WARN, "mlx5_0 port 1, an Ethernet port", "Mend");
  }
}
