package io.verbena.doctor;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the inventory for bug reports lists. */
class StockTakingTest {
  @TempDir private Path folder;

  @Test
  void shouldLeaveFoldersOfNodesOutOfTheInventory() throws IOException {
    MachineTree tree = MachineTree.of(folder, "soft-roce");
    tree.apply("/dev/infiniband/by-ibdev/uverbs-rxe0 -> ../uverbs0");
    DoctorOptions options = DoctorOptions.defaults().withRoot(tree.root());
    String text = Doctor.takeStock(options).toString();
    assertTrue(text.contains("/dev/infiniband/uverbs0"), text);
    assertFalse(text.contains("by-ibdev"), text);
    // All of them in a line's length.
    assertTrue(text.contains("/usr/lib/x86_64-linux-gnu/libibverbs: mana-rdmav34 mlx5-"), text);
  }
}
