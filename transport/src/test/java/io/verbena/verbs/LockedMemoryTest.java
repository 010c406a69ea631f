package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.verbena.RdmaDevice;
import io.verbena.RdmaTest;
import io.verbena.ffi.Native;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Registering more memory than a user may lock. */
@RdmaTest
class LockedMemoryTest {
  /** Registers as much as it can, as a user with a limit. */
  public static final class Program {
    private Program() {}

    /** Prints how it went. */
    public static void main(String... args) throws IOException {
      try (Context context = Device.named(args[0]).open();
          ProtectionDomain domain = context.createDomain()) {
        domain.allocate(4096, Access.LOCAL_WRITE);
        System.out.println("a page is registered");
        VerbsException refusal = null;
        try {
          domain.allocate(1 << 20, Access.LOCAL_WRITE);
        } catch (VerbsException e) {
          refusal = e;
        }
        System.out.println(
            refusal == null ? "no limit" : refusal.errnoName() + " " + refusal.getMessage());
      }
    }
  }

  @Test
  void shouldNameTheLimitOfLockedMemoryAndTheCure() throws Exception {
    assumeTrue(
        Files.isWritable(Path.of("/proc/self/oom_score_adj"))
            && "root".equals(System.getProperty("user.name")),
        "only root can run a program as another user");
    // Where a stranger can read it: the project's folder may be in somebody's home.
    Path folder =
        Files.createTempDirectory(
            "verbena",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    try {
      String path =
          Stream.of(Native.class, Device.class, Program.class)
              .map(type -> copy(home(type), folder))
              .map(Path::toString)
              .reduce((left, right) -> left + ":" + right)
              .orElseThrow();
      Process program =
          new ProcessBuilder(
                  List.of(
                      "setpriv",
                      "--reuid=65534",
                      "--regid=65534",
                      "--clear-groups",
                      "prlimit",
                      "--memlock=65536:65536",
                      Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                      "-XX:TieredStopAtLevel=1",
                      "-XX:+UseSerialGC",
                      "--enable-native-access=ALL-UNNAMED",
                      "-cp",
                      path,
                      Program.class.getName(),
                      RdmaDevice.find().name()))
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .start();
      String said = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(program.waitFor(60, TimeUnit.SECONDS));
      assertEquals(0, program.exitValue(), said);
      assertTrue(said.contains("a page is registered\nENOMEM ibv_reg_mr("), said);
      assertTrue(said.contains("may lock 65536 bytes (RLIMIT_MEMLOCK)"), said);
      assertTrue(said.contains("ulimit -l unlimited"), said);
    } finally {
      run("rm", "-rf", folder.toString());
    }
  }

  private static Path home(Class<?> type) {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath());
  }

  private static Path copy(Path from, Path folder) {
    Path to = folder.resolve(Integer.toHexString(from.hashCode()));
    run("cp", "-r", from.toString(), to.toString());
    run("chmod", "-R", "a+rX", to.toString());
    return to;
  }

  private static void run(String... command) {
    try {
      Process process = new ProcessBuilder(command).inheritIO().start();
      assertTrue(process.waitFor(60, TimeUnit.SECONDS), () -> String.join(" ", command));
      assertEquals(0, process.exitValue(), () -> String.join(" ", command));
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
