package io.verbena.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostFilesTest {
  @TempDir private Path folder;
  private Path root = Path.of("");
  private HostFiles files = new HostFiles(root);

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectories(folder.resolve("root"));
    files = new HostFiles(root);
  }

  @Test
  void shouldReadText() throws IOException {
    Files.writeString(root.resolve("state"), "4: ACTIVE\n");
    assertEquals(new HostFiles.Content("4: ACTIVE\n", ""), files.read("/state"));
    assertEquals("4: ACTIVE", files.text("/state"));
    assertTrue(files.exists("/state"));
  }

  @Test
  void shouldSayWhyThereIsNoText() throws IOException {
    Files.createDirectory(root.resolve("folder"));
    Files.createSymbolicLink(root.resolve("dangling"), Path.of("nowhere"));
    Files.createSymbolicLink(root.resolve("loop"), Path.of("loop"));
    assertEquals("(absent)", files.read("/no/such/file").shown());
    assertEquals("(not a file)", files.read("/folder").shown());
    assertEquals("(absent)", files.read("/dangling").shown());
    assertTrue(files.read("/loop").shown().startsWith("(unreadable: "));
    assertTrue(files.read("/a\0b").shown().startsWith("(unreadable: Nul character not allowed"));
    assertFalse(files.exists("/dangling"));
    assertFalse(files.exists("/loop"));
  }

  @Test
  void shouldReadTheBeginningOfHugeFilesAndWhatIsNoText() throws IOException {
    Files.write(root.resolve("huge"), new byte[HostFiles.LONGEST * 3]);
    assertEquals(HostFiles.LONGEST, files.read("/huge").text().length());
    Files.write(root.resolve("binary"), new byte[] {(byte) 0xff, 0, 27, (byte) 0xc3});
    assertEquals("?\0\033?", files.read("/binary").text().replace('\ufffd', '?'));
  }

  @Test
  void shouldNotLeaveTheRoot() throws IOException {
    Files.writeString(folder.resolve("secret"), "outside");
    Files.writeString(root.resolve("inside"), "inside");
    Files.createSymbolicLink(root.resolve("up"), Path.of("../secret"));
    Files.createSymbolicLink(root.resolve("absolute"), Path.of("/inside"));
    Files.createSymbolicLink(root.resolve("outside"), folder.resolve("secret"));
    assertEquals("", files.text("/../secret"));
    assertEquals("", files.text("/up"));
    assertEquals("", files.text("/outside"));
    assertEquals("inside", files.text("/absolute"));
    assertEquals("inside", files.text("/../../inside"));
  }

  @Test
  void shouldSayWhereALinkLeads() throws IOException {
    Files.createDirectories(root.resolve("drivers/mlx5_core"));
    Files.createSymbolicLink(root.resolve("driver"), Path.of("drivers/mlx5_core"));
    assertEquals("mlx5_core", files.link("/driver"));
    assertEquals("/drivers/mlx5_core", files.real("/driver"));
    assertEquals("", files.link("/drivers"));
    assertEquals("", files.link("/absent"));
  }

  @Test
  void shouldListNamesAsPeopleCount() throws IOException {
    for (String each : List.of("mlx5_10", "mlx5_2", "mlx4_0", "10", "9")) {
      Files.createFile(root.resolve(each));
    }
    assertEquals(List.of("9", "10", "mlx4_0", "mlx5_2", "mlx5_10"), files.list("/"));
    assertEquals(List.of(), files.list("/absent"));
    assertEquals(List.of(), files.list("/9"));
  }

  /** To open the others does something to the port, or takes for ever. */
  @ParameterizedTest
  @CsvSource({
    "uverbs0, true",
    "uverbs12, true",
    "rdma_cm, true",
    "issm0, false",
    "umad0, false",
    "ucm0, false",
    "uverbs, false",
    "by-ibdev/uverbs0, false",
    "by-ibdev/issm0, false"
  })
  void shouldOpenWhatProgramsOpenOnly(String name, boolean may) {
    assertEquals(may, HostFiles.mayOpen("/dev/infiniband/" + name));
    assertFalse(HostFiles.mayOpen("/tmp/" + name));
  }

  @Test
  void shouldTellFoldersFromOthers() throws IOException {
    Files.createFile(root.resolve("node"));
    Files.createDirectory(root.resolve("by-path"));
    assertTrue(files.isFolder("/by-path"));
    assertFalse(files.isFolder("/node"));
    assertFalse(files.isFolder("/absent"));
  }

  @Test
  void shouldSayWhatCannotBeOpened() throws IOException {
    Path node = Files.createFile(root.resolve("node"));
    assertEquals("", files.openProblem("/node"));
    assertNotEquals("", files.openProblem("/absent"));
    var machine = new HostFiles(Path.of("/"));
    assertEquals("", machine.openProblem("/dev/null"));
    assumeFalse("root".equals(System.getProperty("user.name")), "root may open everything");
    Files.setPosixFilePermissions(node, PosixFilePermissions.fromString("r--r--r--"));
    assertEquals(HostFiles.DENIED, files.openProblem("/node"));
  }
}
