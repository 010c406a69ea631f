package io.verbena.doctor;

import static io.verbena.doctor.Findings.shouldBe;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which systems and clouds are told apart. */
class PlatformCheckTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Windows Server 2022 | amd64 | Windows: Verbena does not support NetworkDirect |"
            + " InfiniBandDriverWindows",
        "Mac OS X | aarch64 | This is macOS: RDMA needs Linux | Linux",
        "Linux | aarch64 | this JVM is for aarch64 | x86-64",
      })
  void shouldSayThatThePlatformIsNone(
      String system, String architecture, String message, String cure) throws IOException {
    shouldBe(
        MachineTree.of(folder, "linux")
            .asked(MachineTree.answers(system, architecture), "platform"),
        Severity.FAIL,
        message,
        cure);
  }

  @Test
  void shouldSayWhichPlatformItIs() throws IOException {
    shouldBe(
        MachineTree.of(folder, "azure").asked(MachineTree.answers("Linux", "amd64"), "platform"),
        Severity.OK,
        "This is Ubuntu 24.04.1 LTS, a virtual machine in Azure.",
        "");
    MachineTree hyperV =
        MachineTree.of(folder.resolve("hyper-v"), "azure")
            .apply("/sys/class/dmi/id/chassis_asset_tag !");
    shouldBe(hyperV.finding("platform"), Severity.OK, "a virtual machine of Hyper-V.", "");
  }
}
