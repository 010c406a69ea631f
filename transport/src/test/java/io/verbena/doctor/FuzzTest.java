package io.verbena.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever becomes of a machine's files, there is a diagnosis, and one that can be printed. */
class FuzzTest {
  private static final int ROUNDS = 150;
  private static final int CHECKS = 13;

  private static final List<String> WORDS =
      List.of(
          "",
          "\n",
          "-1",
          "0x",
          "99999999999999999999",
          "4: ACTIVE: 5",
          "::::",
          "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
          "0 Gb/sec (0X )",
          "999999 Gb/sec (1X ?)",
          "unlimited",
          "../../../../..",
          "%s%n$1\\1",
          "\033[31m\u202e",
          "a\0b",
          "=\n=\n#=\nOS.EnableRDMA");

  @TempDir private Path folder;

  @Test
  void shouldDoWithoutAnyFile() {
    Diagnosis diagnosis =
        Doctor.examine(DoctorOptions.defaults().withRoot(folder.resolve("absent")));
    assertEquals(CHECKS, diagnosis.findings().size());
    assertFalse(diagnosis.rdmaUsable());
    assertEquals(
        "RDMA: no. This machine has no RDMA adapter. Verbena will use TCP.", diagnosis.summary());
  }

  @ParameterizedTest
  @ValueSource(strings = {"azure-hb-an", "roce", "soft-roce", "azure-hb-doca"})
  @Timeout(120)
  void shouldBearWhateverIsThere(String name) throws IOException {
    for (int seed = 0; seed < ROUNDS; seed++) {
      Random random = new Random(seed);
      Path root = folder.resolve(name + seed);
      MachineTree tree = MachineTree.of(root, name);
      List<Path> files;
      try (Stream<Path> all = Files.walk(root)) {
        files = all.filter(path -> !path.equals(root)).toList();
      }
      for (int i = 0; i < 1 + random.nextInt(12); i++) {
        spoil(files.get(random.nextInt(files.size())), random);
      }
      shouldBePrintable(tree.diagnosis(), "seed " + seed);
      MachineTree.remove(root);
    }
  }

  private static void spoil(Path path, Random random) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    MachineTree.remove(path);
    switch (random.nextInt(7)) {
      case 0 -> {} // missing
      case 1 -> Files.createDirectory(path);
      case 2 -> Files.createSymbolicLink(path, Path.of("nowhere"));
      case 3 -> Files.createSymbolicLink(path, Path.of(random.nextBoolean() ? ".." : "/"));
      case 4 -> {
        byte[] bytes = new byte[1 << random.nextInt(18)];
        random.nextBytes(bytes);
        Files.write(path, bytes);
      }
      case 5 -> Files.writeString(path, "9".repeat(1 << random.nextInt(18)));
      default ->
          Files.writeString(path, WORDS.get(random.nextInt(WORDS.size())), StandardCharsets.UTF_8);
    }
  }

  private static void shouldBePrintable(Diagnosis diagnosis, String where) {
    assertEquals(CHECKS, diagnosis.findings().size(), where);
    shouldBePrintable(diagnosis.summary(), where);
    for (Finding each : diagnosis.findings()) {
      shouldBePrintable(each.message(), where);
      shouldBePrintable(each.cure(), where);
      assertFalse(each.message().isEmpty(), where);
      boolean hasCure = each.severity() == Severity.WARN || each.severity() == Severity.FAIL;
      assertEquals(hasCure, !each.cure().isEmpty(), () -> where + ": " + each);
      each.evidence().forEach(seen -> shouldBePrintable(seen.toString(), where));
    }
    assertEquals(
        diagnosis.rdmaUsable(),
        diagnosis.choice().isPresent() && diagnosis.firstFailure().isEmpty());
  }

  private static void shouldBePrintable(String text, String where) {
    assertTrue(text.length() < 2000, where);
    assertTrue(
        text.codePoints().noneMatch(c -> Character.isISOControl(c) || c == 0x202e),
        () -> where + ": " + text);
  }
}
