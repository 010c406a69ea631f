package io.verbena.doctor;

import static io.verbena.doctor.Findings.shouldBe;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** IP over InfiniBand, and what the Azure agent makes of it. */
class IpoibCheckTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "OS.EnableRDMA=y | ib0 has no address | ip address add",
        "OS.EnableRDMA = \"\"Y\"\" # wanted | ib0 has no address | ip address add",
        "OS.CheckRdmaDriver=y | ib0 has no address | ip address add",
        "OS.EnableRDMA=n | /etc/waagent.conf says OS.EnableRDMA=n | restart walinuxagent",
        "# OS.EnableRDMA=y | \"the line \"\"# OS.EnableRDMA=y\"\"\" | $aOS.EnableRDMA=y",
        "Logs.Verbose=n | /etc/waagent.conf has no line of OS.EnableRDMA | restart walinuxagent",
      })
  void shouldReadTheAgentsConfiguration(String line, String message, String cure)
      throws IOException {
    MachineTree tree =
        MachineTree.of(folder, "azure-hb-agent-comment").apply("/etc/waagent.conf !");
    tree.apply("/etc/waagent.conf = " + line);
    shouldBe(tree.finding("ipoib"), Severity.WARN, message, cure);
  }

  @Test
  void shouldWantIpOverInfinibandUpWithAnAddress() throws IOException {
    MachineTree tree = MachineTree.of(folder, "azure-hb").apply("/sys/class/net/ib0/operstate !");
    tree.apply("/sys/class/net/ib0/operstate = down");
    shouldBe(tree.finding("ipoib"), Severity.WARN, "ib0 is not up", "ip link set ib0 up");
    tree.apply("/sys/class/net/ib0 !");
    shouldBe(tree.finding("ipoib"), Severity.WARN, "no IP over InfiniBand", "modprobe ib_ipoib");
    tree.apply("/.dockerenv = ");
    shouldBe(
        tree.finding("ipoib"),
        Severity.WARN,
        "no IP over InfiniBand",
        "On the host, not in the container: modprobe ib_ipoib");
  }
}
