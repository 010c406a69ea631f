package io.verbena.doctor;

import static io.verbena.doctor.Findings.shouldBe;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Addresses of a port that a peer could not use. */
class GidCheckTest {
  private static final String PORT = "/sys/class/infiniband/mlx5_ib0/ports/1";
  private static final String SOFT_PORT = "/sys/class/infiniband/rxe0/ports/1";

  @TempDir private Path folder;

  @Test
  void shouldWantAUsefulAddress() throws IOException {
    MachineTree tree = MachineTree.of(folder, "soft-roce").apply(SOFT_PORT + "/gids/1 !");
    shouldBe(tree.finding("gid"), Severity.WARN, "link-local RoCE v2 addresses only", "ip address");
    tree.apply(SOFT_PORT + "/gid_attrs/types/0 !");
    shouldBe(tree.finding("gid"), Severity.FAIL, "has no RoCE v2 address", "ip address add");
    MachineTree infiniband = MachineTree.of(folder.resolve("ib"), "azure-hb");
    infiniband.apply(PORT + "/gids/0 !");
    shouldBe(infiniband.finding("gid"), Severity.FAIL, "no InfiniBand address", "driver");
  }
}
