package io.verbena.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NativeTest {
  private static final String CLASS_PATH = System.getProperty("java.class.path");

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void aLibraryIsAvailableOrSaysWhyNot(Native library) {
    assertEquals(library.isAvailable(), library.unavailabilityCause() == null);
    assertEquals(library.isAvailable(), library.availability() == Availability.AVAILABLE);
  }

  @Test
  void aLibraryThatIsThereHasNoCause() {
    var probe = new LibraryProbe("libc.so.6", "glibc 2", "poll");
    assertNull(probe.cause());
    assertEquals(Availability.AVAILABLE, probe.availability());
  }

  @Test
  void anAbsentLibraryIsNotInstalled() {
    var probe = new LibraryProbe("libverbena-absent.so.1", "release 1", "anything");
    assertEquals("libverbena-absent.so.1 is not installed", probe.cause());
    assertEquals(Availability.ABSENT, probe.availability());
  }

  @Test
  void aBrokenLibraryIsNotCalledAbsent() throws Exception {
    Path broken = Files.writeString(folder.resolve("libbroken.so.1"), "not a library");
    var probe = new LibraryProbe(broken.toString(), "release 1", "anything");
    String cause = probe.cause();
    assertNotNull(cause);
    assertTrue(cause.startsWith(broken + " cannot be loaded ("), cause);
    assertEquals(Availability.BROKEN, probe.availability());
  }

  @Test
  void anOldLibraryNamesTheReleaseThatIsNeeded() {
    var probe = new LibraryProbe("libc.so.6", "glibc 99", "brew_tea");
    assertEquals("libc.so.6 is older than glibc 99 (it has no brew_tea)", probe.cause());
    assertEquals(Availability.TOO_OLD, probe.availability());
  }

  @Test
  void onlyLinuxOnX86WillDo() {
    assertNull(LibraryProbe.platformCause("Linux", "amd64"));
    assertEquals(
        "this is Windows: RDMA needs Linux",
        LibraryProbe.platformCause("Windows Server 2025", "amd64"));
    assertEquals(
        "this is macOS: RDMA needs Linux", LibraryProbe.platformCause("Mac OS X", "aarch64"));
    assertEquals(
        "this JVM is for aarch64: Verbena's bindings are for 64-bit x86",
        LibraryProbe.platformCause("Linux", "aarch64"));
  }

  @Test
  void deniedNativeAccessNamesTheOptionForTheClassPath() throws Exception {
    var result =
        ChildProcess.java(
            List.of("--illegal-native-access=deny", "-cp", CLASS_PATH),
            NativeReport.class,
            Map.of());
    assertEquals(
        "native access is denied to Verbena: start java with --enable-native-access=ALL-UNNAMED",
        firstLine(result));
  }

  @Test
  void deniedNativeAccessNamesTheOptionForTheModulePath() throws Exception {
    String main = GeneratedPackage.classFolder().toString();
    String tests =
        Path.of(NativeTest.class.getProtectionDomain().getCodeSource().getLocation().toURI())
            .toString();
    var result =
        ChildProcess.java(
            List.of(
                "--illegal-native-access=deny",
                "--module-path",
                main,
                "--patch-module",
                "io.verbena.ffi=" + tests,
                "--add-modules",
                "io.verbena.ffi",
                "--module",
                "io.verbena.ffi/" + NativeReport.class.getName()),
            NativeReport.class,
            Map.of());
    assertEquals(
        "native access is denied to Verbena: start java with --enable-native-access=io.verbena.ffi",
        firstLine(result));
  }

  /** Libraries that cannot be loaded, on this machine too, stand for those that are not there. */
  @Test
  void withoutLibrariesEveryClassLoads() throws Exception {
    for (Native library : Native.values()) {
      Files.createFile(folder.resolve(library.libraryName()));
    }
    var result =
        ChildProcess.java(
            List.of("--enable-native-access=ALL-UNNAMED", "-cp", CLASS_PATH),
            NativeReport.class,
            Map.of("LD_LIBRARY_PATH", folder.toString()));
    String cause = firstLine(result);
    assertTrue(cause.startsWith("libibverbs.so.1 cannot be loaded ("), cause);
    assertTrue(result.output().contains("initialised io.verbena.ffi.ErrnoCalls,"), cause);
    assertTrue(result.output().contains("initialised io.verbena.ffi.Native,"), cause);
    assertTrue(result.output().contains("loaded io.verbena.ffi.verbs.Verbs,"), cause);
    assertTrue(result.output().contains("loaded io.verbena.ffi.pmix.PMIx$1Holder,"), cause);
  }

  private static String firstLine(ChildProcess.Result result) {
    assertEquals(0, result.status(), result::toString);
    assertFalse(result.errors().contains("\tat "), result::errors);
    return result.output().lines().findFirst().orElseThrow();
  }
}
