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

/** Libraries and providers that are missing, and how they are installed. */
class LibrariesCheckTest {
  private static final String VERBS = "/usr/lib/x86_64-linux-gnu/libibverbs.so.1";

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "debian, apt-get install -y rdma-core",
    "'\"rocky\"\n/etc/os-release = ID_LIKE=\"rhel centos fedora\"', dnf install -y rdma-core",
    "sles, zypper install -y rdma-core",
    "gentoo, Install rdma-core"
  })
  void shouldSayHowToInstallLibraries(String id, String cure) throws IOException {
    MachineTree tree =
        MachineTree.of(folder, "soft-roce").apply("/etc/os-release !").apply(VERBS + " !");
    for (String line : ("/etc/os-release = ID=" + id).lines().toList()) {
      tree.apply(line);
    }
    shouldBe(tree.finding("libraries"), Severity.FAIL, "libibverbs.so.1 is not installed", cure);
  }

  @Test
  void shouldMissLibrariesAndProviders() throws IOException {
    MachineTree tree = MachineTree.of(folder, "soft-roce");
    String folderOfLibraries = "/usr/lib/x86_64-linux-gnu/";
    tree.apply(folderOfLibraries + "librdmacm.so.1 !");
    shouldBe(tree.finding("libraries"), Severity.WARN, "librdmacm.so.1 is not", "librdmacm1");
    tree.apply(folderOfLibraries + "libibverbs/librxe-rdmav34.so !");
    shouldBe(tree.finding("libraries"), Severity.FAIL, "no provider for rxe0", "ibverbs-providers");
    // Without a device they are not wanted.
    MachineTree bare =
        MachineTree.of(folder.resolve("bare"), "linux")
            .apply(folderOfLibraries + "libibverbs.so.1 !");
    assertEquals(Severity.NA, bare.finding("libraries").severity());
  }

  @Test
  void shouldBelieveTheLibraryRatherThanTheFiles() throws IOException {
    MachineTree tree = MachineTree.of(folder, "soft-roce");
    shouldBe(
        tree.asked(MachineTree.answers("Linux", "amd64"), "libraries"),
        Severity.OK,
        "can be loaded",
        "");
    var without =
        new Answers(
            "Linux",
            "amd64",
            "",
            "",
            List.of(),
            new RdmaSurvey(List.of(), List.of()),
            null,
            Map.of());
    shouldBe(tree.asked(without, "libraries"), Severity.FAIL, "no provider for rxe0", "apt-get");
    var denied =
        new Answers(
            "Linux",
            "amd64",
            "native access is denied to Verbena: start java with --enable-native-access=a.module",
            "",
            null,
            new RdmaSurvey(List.of(), List.of("native access is denied to Verbena")),
            null,
            Map.of());
    shouldBe(
        tree.asked(denied, "libraries"),
        Severity.FAIL,
        "native access",
        "Start java with --enable-native-access=a.module");
  }
}
