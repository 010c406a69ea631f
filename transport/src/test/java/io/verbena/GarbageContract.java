package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What messages leave to the garbage collector once everything is warm: nothing. Less than a byte
 * for each is what happens when threads meet at a lock, and less than anything that happened for
 * each message would be.
 */
@Timeout(240)
abstract class GarbageContract {
  /** Of a thousand messages. */
  private static final int NOTHING = 1000;

  /** Whether messages go over RDMA. */
  abstract RdmaMode rdma();

  /** For the JVM, after those of {@link ChildJvm}. */
  abstract List<String> flags();

  /** Short messages in a round. */
  abstract int count();

  /** Messages in a round that take more than one frame. */
  abstract int longCount();

  /** A thousand messages leave less, where threads sleep and wake each other. */
  int bytesOfThreadsThatMeet() {
    return NOTHING;
  }

  @Test
  void shouldLeaveNothingOfMessagesThatCallersMove() throws Exception {
    check(Progress.CALLER, NOTHING);
  }

  @Test
  void shouldLeaveNothingOfMessagesThatAThreadMoves() throws Exception {
    check(Progress.THREAD, bytesOfThreadsThatMeet());
  }

  private void check(Progress progress, int bound) throws Exception {
    // By default Netty watches some of the buffers: those objects are its own.
    List<String> flags = new ArrayList<>(List.of("-Dio.netty.leakDetection.level=disabled"));
    flags.addAll(flags());
    ChildJvm.Ended ended =
        ChildJvm.run(
            ChildJvm.withFlags(
                flags,
                GarbageProgram.class,
                rdma().name(),
                progress.name(),
                Integer.toString(count()),
                Integer.toString(longCount()),
                Integer.toString(bound)));
    assertEquals(0, ended.status(), ended.said());
    List<String> lines = ended.said().lines().filter(line -> line.contains(" in round ")).toList();
    assertEquals(3, lines.size(), ended.said());
    for (String line : lines) {
      long bytes = Long.parseLong(line.split(" ", -1)[1]);
      assertTrue(bytes < bound, () -> line + " is not below " + bound + ": " + ended.said());
    }
  }
}
