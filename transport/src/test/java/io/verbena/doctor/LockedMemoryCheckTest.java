package io.verbena.doctor;

import static io.verbena.doctor.Findings.shouldBe;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.verbena.lane.rdma.RdmaSurvey;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Limits of locked memory, and what lifts them. */
class LockedMemoryCheckTest {
  private static final String LIMITS = "/proc/self/limits";

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "65536, FAIL, may lock 64 KiB of memory",
    "2097152, WARN, may lock 2 MiB of memory",
    "999999999999999, OK, as much as a transport takes",
    "unlimited, OK, as much memory as there is",
    "plenty, NA, no limit to read"
  })
  void shouldCompareTheLimitOfLockedMemory(String limit, Severity severity, String message)
      throws IOException {
    MachineTree tree = MachineTree.of(folder, "soft-roce").apply(LIMITS + " !");
    tree.apply(LIMITS + " = Max locked memory         " + limit + "   unlimited   bytes");
    boolean bad = severity == Severity.FAIL || severity == Severity.WARN;
    shouldBe(tree.finding("locked-memory"), severity, message, bad ? "ulimit -l unlimited" : "");
  }

  @Test
  void shouldNotSendAContainerToItsShellForMoreMemory() throws IOException {
    shouldBe(
        MachineTree.of(folder, "container").finding("locked-memory"),
        Severity.FAIL,
        "may lock 64 KiB",
        "Start the container with --device=/dev/infiniband");
  }

  @Test
  void shouldNotMindTheLimitOfWhoMayLockAll() throws IOException {
    MachineTree tree =
        MachineTree.of(folder, "soft-roce").apply(LIMITS + " !").apply("/proc/self/status !");
    tree.apply(LIMITS + " = Max locked memory         0   0   bytes");
    tree.apply("/proc/self/status = CapEff:	000001ffffffffff");
    shouldBe(tree.finding("locked-memory"), Severity.OK, "as much memory as there is", "");
  }

  @Test
  void shouldNotTakeACapabilityOfAUserNamespaceForOne() throws IOException {
    MachineTree tree =
        MachineTree.of(folder, "soft-roce").apply(LIMITS + " !").apply("/proc/self/status !");
    tree.apply(LIMITS + " = Max locked memory         65536   65536   bytes");
    tree.apply("/proc/self/status = CapEff:	000001ffffffffff");
    tree.apply("/proc/self/uid_map =          0       1000          1");
    shouldBe(
        tree.finding("locked-memory"), Severity.FAIL, "may lock 64 KiB", "ulimit -l unlimited");
    tree.apply("/proc/self/uid_map !");
    tree.apply("/proc/self/uid_map =          0          0 4294967295");
    assertEquals(Severity.OK, tree.finding("locked-memory").severity());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ibv_reg_mr failed with ENOMEM | '' | ulimit -l unlimited # to make it last",
        "ibv_open_device failed with EPERM | let this user open it | Let this user open it."
      })
  void shouldRepeatWhyRegisteringFailed(String problem, String cure, String advice)
      throws IOException {
    var refused =
        new Answers(
            "Linux",
            "amd64",
            "",
            "",
            List.of("rxe0"),
            new RdmaSurvey(List.of(), List.of()),
            new Answers.Trial("rxe0", 2 << 20, problem, cure),
            Map.of());
    shouldBe(
        MachineTree.of(folder, "soft-roce").asked(refused, "locked-memory"),
        Severity.FAIL,
        "Registering memory failed: " + problem + '.',
        advice);
  }
}
