package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.verbena.ChildJvm;
import io.verbena.RdmaDevice;
import io.verbena.RdmaTest;
import io.verbena.ffi.Native;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
    Path folder = ChildJvm.readableFolder();
    try {
      ChildJvm.Ended ended =
          ChildJvm.run(
              ChildJvm.asNobody(
                  folder,
                  65536,
                  List.of(Native.class, Device.class),
                  Program.class,
                  RdmaDevice.find().name()));
      String said = ended.said();
      assertEquals(0, ended.status(), said);
      assertTrue(said.contains("a page is registered\nENOMEM ibv_reg_mr("), said);
      assertTrue(said.contains("may lock 65536 bytes (RLIMIT_MEMLOCK)"), said);
      assertTrue(said.contains("and has pinned 4096 bytes"), said);
      assertTrue(said.contains("ulimit -l unlimited"), said);
    } finally {
      ChildJvm.remove(folder);
    }
  }
}
