package io.verbena.doctor;

import static io.verbena.doctor.Findings.shouldBe;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits of use beside that of locked memory. */
class LimitsCheckTest {
  private static final String LIMITS = "/proc/self/limits";

  @TempDir private Path folder;

  @Test
  void shouldSayWhatLimitsThereAre() throws IOException {
    MachineTree tree =
        MachineTree.of(folder, "linux").apply(LIMITS + " !").apply("/proc/sys/kernel/osrelease !");
    tree.apply(LIMITS + " = Max open files            256   4096   files");
    tree.apply("/sys/fs/selinux/enforce = 1").apply("/proc/sys/kernel/osrelease = 5.4.0-42");
    shouldBe(
        tree.finding("limits"),
        Severity.WARN,
        "huge pages: none reserved, transparent ones: madvise; open files: 256; SELinux: enforcing; child processes: kept from registered pages",
        "ulimit -n 65536");
  }
}
