package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.util.ReferenceCounted;
import io.verbena.ffi.Native;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;

/** A program of an ordinary user who may lock 64 KiB only, as ordinary users often may. */
@RdmaTest
class LockedMemoryTest {
  private static final long LIMIT = 65536;

  private static final List<Class<?>> NEEDED =
      List.of(
          Native.class,
          Transport.class,
          ByteBuf.class,
          ReferenceCounted.class,
          Logger.class,
          Test.class);

  @Test
  @Timeout(240)
  void shouldNameTheLimitAndGoOnOverTcp() throws IOException, InterruptedException {
    String said = runAsNobody(LIMIT, LockedMemoryProgram.class);
    assertTrue(said.contains("user: 65534"), said);
    assertTrue(
        said.contains("refused: no memory for a buffer of 16384 bytes: 65536 of 65536 "), said);
    assertTrue(said.contains("this process may lock " + LIMIT + " bytes"), said);
    assertTrue(said.contains("ulimit -l unlimited"), said);
    assertTrue(said.contains("in use: 0 of 65536"), said);
    assertTrue(said.contains("link: TCP"), said);
    // Why not RDMA, in the same words.
    String link = said.lines().filter(line -> line.startsWith("link: ")).findFirst().orElse("");
    assertTrue(link.contains("RLIMIT_MEMLOCK"), said);
    assertTrue(said.contains("arrived: 42"), said);
    assertTrue(said.contains("came back: 42"), said);
  }

  @Test
  @Timeout(240)
  void shouldGoOnWithWhatItHasUntilTheLimitIsRaised() throws IOException, InterruptedException {
    String said = runAsNobody(ChangingLimitProgram.LIMIT, ChangingLimitProgram.class);
    assertTrue(said.contains("refused: no memory for a buffer of 1048576 bytes"), said);
    assertTrue(said.contains("this process may lock 65536 bytes"), said);
    assertTrue(said.contains("refusals: 1\n"), said);
    assertTrue(said.contains("refused: 1 of 1\n"), said);
    assertTrue(said.contains("reused: 1 of 1\n"), said);
    assertTrue(said.contains("grown: 2 of 2\n"), said);
    assertTrue(said.contains("trimmed: 0 of 0\n"), said);
    assertTrue(said.contains("pinned: 0\n"), said);
  }

  private static String runAsNobody(long limit, Class<?> program)
      throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "util-linux is not installed");
    assumeTrue(
        "root".equals(System.getProperty("user.name")),
        "only root can run a program as another user");
    Path folder = ChildJvm.readableFolder();
    try {
      ChildJvm.Ended ended = ChildJvm.run(ChildJvm.asNobody(folder, limit, NEEDED, program));
      assertEquals(0, ended.status(), ended.said());
      return ended.said();
    } finally {
      ChildJvm.remove(folder);
    }
  }
}
