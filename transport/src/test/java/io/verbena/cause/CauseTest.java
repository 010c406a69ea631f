package io.verbena.cause;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.ffi.Native;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CauseTest {
  /** Wherever the tests are started: they are compiled to target/test-classes. */
  private static Path sources() throws URISyntaxException {
    Path classes =
        Path.of(CauseTest.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    return classes.resolve("../../src/main/java/io/verbena").normalize();
  }

  @ParameterizedTest
  @EnumSource
  void shouldSayWhatIsWrongAndWhatHelps(Cause cause) {
    for (String text : List.of(cause.meaning(), cause.cure())) {
      assertFalse(text.isBlank(), cause::name);
      assertFalse(text.endsWith("."), "it becomes a part of sentences: " + text);
    }
    assertEquals(cause.meaning() + ": " + cause.cure(), cause.toString());
  }

  @Test
  void shouldHaveOneEntryForEachCause() {
    long cures = Arrays.stream(Cause.values()).map(Cause::cure).distinct().count();
    long meanings = Arrays.stream(Cause.values()).map(Cause::meaning).distinct().count();
    assertEquals(Cause.values().length, cures);
    assertEquals(Cause.values().length, meanings);
  }

  /** The doctor, which names commands, is left out. */
  @ParameterizedTest
  @ValueSource(
      strings = {"ulimit", "modprobe", "LimitMEMLOCK", "opensm", "--device=", "rdma-core 3"})
  void shouldBeTheOnlyPlaceForAdviceOnTheMachine(String word)
      throws IOException, URISyntaxException {
    List<String> places = new ArrayList<>();
    try (Stream<Path> files = Files.walk(sources())) {
      for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
        String folder = String.valueOf(file.getParent().getFileName());
        boolean says =
            Files.readAllLines(file).stream()
                .map(String::strip)
                .filter(line -> !line.startsWith("*") && !line.startsWith("/"))
                .anyMatch(line -> line.contains(word));
        if (says && !folder.equals("doctor")) {
          places.add(folder + '/' + file.getFileName());
        }
      }
    }
    assertEquals(List.of("cause/Cause.java"), places);
  }

  @ParameterizedTest
  @EnumSource
  void shouldAdviseToInstallOnlyWhatIsMissing(Native library) {
    String cause = Cause.of(library);
    assertEquals(library.isAvailable(), cause == null);
    if (cause != null) {
      assertTrue(cause.startsWith(String.valueOf(library.unavailabilityCause())), cause);
      boolean installable =
          switch (library.availability()) {
            case ABSENT, BROKEN, TOO_OLD -> true;
            case AVAILABLE, WRONG_PLATFORM, DENIED -> false;
          };
      assertEquals(installable, cause.endsWith(Cause.LIBRARIES.cure()), cause);
    }
  }

  @Test
  void shouldNameTheLimitOfLockedMemory() {
    assertTrue(LockedMemory.cure(65536, OptionalLong.of(4096)).contains("65536 bytes"));
    assertTrue(LockedMemory.cure(65536, OptionalLong.of(4096)).contains("ulimit -l unlimited"));
    assertTrue(
        LockedMemory.cure(LockedMemory.UNLIMITED, OptionalLong.empty()).contains("unlimited"));
    assertFalse(
        LockedMemory.cure(LockedMemory.UNLIMITED, OptionalLong.empty()).contains("ulimit"),
        "that is no help");
  }

  @Test
  void shouldSayWhatIsPinnedOfTheLimitAlready() {
    String status = "VmLck:\t       8 kB\nVmPin:\t      64 kB\nVmHWM:\t 1 kB\n";
    OptionalLong pinned = LockedMemory.pinned(status);
    assertEquals(65536, pinned.orElseThrow());
    for (long limit : new long[] {131072, LockedMemory.UNLIMITED}) {
      String cure = LockedMemory.cure(limit, pinned);
      assertTrue(cure.contains(" and has pinned 65536 bytes: "), cure);
    }
    assertTrue(LockedMemory.pinned("VmHWM:\t 1 kB\n").isEmpty());
    assertTrue(LockedMemory.pinned().isPresent());
  }

  @Test
  void shouldReadTheLimitThatTheSystemShows() throws IOException {
    String line =
        Files.readAllLines(Path.of("/proc/self/limits")).stream()
            .filter(each -> each.startsWith("Max locked memory"))
            .findFirst()
            .orElseThrow();
    String soft = line.substring("Max locked memory".length()).strip().replaceFirst(" .*", "");
    long expected = soft.equals("unlimited") ? LockedMemory.UNLIMITED : Long.parseLong(soft);
    assertEquals(expected, LockedMemory.limit().orElseThrow());
  }
}
