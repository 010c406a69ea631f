package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.util.ReferenceCounted;
import io.verbena.ffi.Native;
import io.verbena.verbs.SecondDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;
import org.slf4j.Logger;

/** Programs of an ordinary user who may lock little memory, as ordinary users often may. */
@RdmaTest
@Isolated("a test that runs meanwhile may take the second device for its own")
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

  /** Memory that nobody uses is not locked, and who does not need what is refused goes on. */
  @Test
  @Timeout(240)
  void shouldUseTheAdapterForWhichTheLimitSuffices() throws IOException, InterruptedException {
    String first = RdmaDevice.find().name();
    try (SecondDevice _ = SecondDevice.add()) {
      String said =
          runAsNobody(
              TwoAdaptersProgram.LIMIT,
              TwoAdaptersProgram.class,
              first,
              System.getenv("TESTBED_ADDRESS"),
              SecondDevice.NAME,
              SecondDevice.ADDRESS);
      List<String> lines = said.lines().toList();
      assertTrue(lines.contains("unavailable: "), said);
      String used = said.contains("used: " + first) ? first : SecondDevice.NAME;
      String other = used.equals(first) ? SecondDevice.NAME : first;
      assertTrue(link(lines, "used").startsWith("RDMA " + used + ":1"), said);
      // What is refused is not offered any more.
      assertTrue(link(lines, "refused").contains("no RDMA: no queue pair on " + other), said);
      assertTrue(link(lines, "refused").contains("RLIMIT_MEMLOCK"), said);
      assertTrue(link(lines, "left out").startsWith("RDMA " + used + ":1"), said);
      assertTrue(link(lines, "left out").contains("not " + other), said);
      assertTrue(link(lines, "left out").contains("RLIMIT_MEMLOCK"), said);
    }
  }

  private static String link(List<String> lines, String when) {
    String start = "link " + when + ": ";
    return lines.stream()
        .filter(line -> line.startsWith(start))
        .map(line -> line.substring(start.length()))
        .findFirst()
        .orElse("");
  }

  private static String runAsNobody(long limit, Class<?> program, String... arguments)
      throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "util-linux is not installed");
    assumeTrue(
        "root".equals(System.getProperty("user.name")),
        "only root can run a program as another user");
    Path folder = ChildJvm.readableFolder();
    try {
      ChildJvm.Ended ended =
          ChildJvm.run(ChildJvm.asNobody(folder, limit, NEEDED, program, arguments));
      assertEquals(0, ended.status(), ended.said());
      return ended.said();
    } finally {
      ChildJvm.remove(folder);
    }
  }
}
