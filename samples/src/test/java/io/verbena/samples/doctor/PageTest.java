package io.verbena.samples.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.doctor.Choice;
import io.verbena.doctor.Diagnosis;
import io.verbena.doctor.Finding;
import io.verbena.doctor.Peer;
import io.verbena.doctor.Severity;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Help.Ansi;

class PageTest {
  private static Finding failure(String cure) {
    return new Finding("driver", "Driver", Severity.FAIL, "It has none.", List.of(), cure);
  }

  private static Diagnosis diagnosis(Finding finding, Optional<Peer> peer) {
    return new Diagnosis(List.of(finding), Optional.<Choice>empty(), "eth0", peer);
  }

  private static String page(String cure) {
    return Page.of(diagnosis(failure(cure), Optional.empty()), Ansi.OFF);
  }

  @Test
  void shouldBreakACommandSoThatItCanBePasted() {
    assertEquals(
        """
        Next: modprobe -a mlx5_ib ib_uverbs rdma_ucm
              # if there are no such modules: use an HPC image, which has the drivers,
              # or DOCA-OFED
        """,
        page("modprobe -a mlx5_ib ib_uverbs rdma_ucm # if there are no such modules: use an HPC"
                + " image, which has the drivers, or DOCA-OFED")
            .replaceFirst("(?s)^.*?\n(Next: .*?)\n\n.*$", "$1\n"));
  }

  /** Where it is given does not matter to how it is broken. */
  @Test
  void shouldNotBreakACommandForTheHostWithinQuotes() {
    assertEquals(
        """
        Next: On the host, not in the container:
              sed -i -e '$aOS.EnableRDMA=y' -e '/^[# ]*OS.EnableRDMA=/d' \\
                /etc/waagent.conf && systemctl restart walinuxagent
        """,
        page("On the host, not in the container: sed -i -e '$aOS.EnableRDMA=y' -e"
                + " '/^[# ]*OS.EnableRDMA=/d' /etc/waagent.conf && systemctl restart walinuxagent")
            .replaceFirst("(?s)^.*?\n(Next: .*?)\n\n.*$", "$1\n"));
  }

  /** A shell takes the lines for what it takes the line for. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "printf '<%s>' -e '$aOS.EnableRDMA=y' -e '/^[# ]*OS.EnableRDMA=/d' /etc/waagent.conf and more"
            + " of it # and a remark, which is no part of it but long enough for another line",
        "printf '<%s>' one \"two  three 'four'\" five#six 'seven # eight' nine ten eleven twelve"
            + " thirteen fourteen fifteen sixteen 'a b c d e f g h i j k l m n o p q r s t u v w x y z'",
        "printf '<%s>' a"
      })
  void shouldSayTheSameToAShell(String command) throws Exception {
    for (int width : new int[] {30, 72, 200}) {
      String folded = String.join("\n", Page.fold(command, width));
      assertEquals(shell(command), shell(folded), folded);
    }
  }

  private static String shell(String command) throws Exception {
    Process process = new ProcessBuilder("bash", "-c", command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
    return said;
  }

  @Test
  void shouldBreakASentenceAnywhere() {
    String page =
        page("Use a machine that has one, or another one, or none at all, or whatever is there.");
    assertTrue(
        page.contains("-> Use a machine that has one, or another one, or none at all, or\n"), page);
    assertFalse(page.contains("\\"), page);
  }

  @Test
  void shouldGiveNoAdviceFirstWhereAllIsWell() {
    var peer = new Peer("node2:7000", true, "RDMA mlx5_0:1");
    String page = Page.of(diagnosis(failure("modprobe it"), Optional.of(peer)), Ansi.OFF);
    assertTrue(page.startsWith("RDMA to node2:7000: yes. "), page);
    assertFalse(page.contains("Next:"), page);
    assertTrue(page.contains("-> modprobe it\n"), page);
  }

  @Test
  void shouldKeepLinesOfAServerWithinTheColumns() {
    String line = "10.0.0.2: " + "RDMA mlx5_0:1 (RoCE v2, GID 1) ".repeat(9);
    Page.lines(line).lines().forEach(each -> assertTrue(each.length() <= 80, each));
    assertEquals(line.strip(), Page.lines(line).replaceAll("\\s*\n\\s*", " ").strip());
  }
}
