package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What messages over TCP leave to the garbage collector once everything is warm: nothing. Less than
 * a byte for each is what happens when threads meet at a lock, and less than anything that happened
 * for each message would be.
 */
@Timeout(240)
class TcpGarbageTest {
  private static final int COUNT = 20_000;

  @Test
  void shouldLeaveNothingOfMessagesThatCallersMove() throws Exception {
    check(Progress.CALLER);
  }

  @Test
  void shouldLeaveNothingOfMessagesThatAThreadMoves() throws Exception {
    check(Progress.THREAD);
  }

  private static void check(Progress progress) throws Exception {
    // By default Netty watches some of the buffers: those objects are its own.
    ChildJvm.Ended ended =
        ChildJvm.run(
            ChildJvm.withFlags(
                List.of("-XX:TieredStopAtLevel=4", "-Dio.netty.leakDetection.level=disabled"),
                GarbageProgram.class,
                RdmaMode.OFF.name(),
                progress.name(),
                Integer.toString(COUNT)));
    assertEquals(0, ended.status(), ended.said());
    List<String> lines = ended.said().lines().filter(line -> line.contains(" in round ")).toList();
    assertEquals(3, lines.size(), ended.said());
    for (String line : lines) {
      // Of a thousand messages.
      assertTrue(Long.parseLong(line.split(" ", -1)[1]) < 1000, ended.said());
    }
  }
}
