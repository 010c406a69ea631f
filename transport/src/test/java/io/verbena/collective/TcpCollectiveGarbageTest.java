package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.ChildJvm;
import io.verbena.collective.launch.RendezvousServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What operations between ranks leave to the garbage collector once everything is warm, on the
 * thread that calls them; objects that the optimising compiler removes are none.
 */
@Timeout(120)
class TcpCollectiveGarbageTest {
  private static final int SIZE = 2;

  /**
   * Bytes of one operation at most: nothing where it hands out no object; what was received, an
   * object of 32 bytes; what is to be done, two of 72; and where memory is lent to the connection,
   * those of Netty.
   */
  @ParameterizedTest
  @CsvSource({
    "prepared-barrier, 5000, 0",
    "prepared-all-reduce-8, 5000, 0",
    "barrier, 5000, 0",
    "send-receive-8, 5000, 32",
    "all-reduce-8, 5000, 72",
    "prepared-all-reduce-65536, 1000, 800"
  })
  void shouldLeaveNoMoreThan(String what, int count, int bytes) throws Exception {
    List<Process> ranks = new ArrayList<>();
    try (var rendezvous =
        new RendezvousServer(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), "job", SIZE)) {
      // Less than one byte more: that happens where threads meet, now and then.
      long most = bytes * 1000L + 999;
      for (int rank = 0; rank < SIZE; rank++) {
        ProcessBuilder builder =
            ChildJvm.withFlags(
                List.of("-XX:TieredStopAtLevel=4", "-Dio.netty.leakDetection.level=disabled"),
                CollectiveGarbageProgram.class,
                what,
                Integer.toString(count),
                Long.toString(most));
        builder.environment().put("VERBENA_RANK", "" + rank);
        builder.environment().put("VERBENA_SIZE", "" + SIZE);
        builder.environment().put("VERBENA_LAUNCHER", "127.0.0.1:" + rendezvous.port());
        builder.environment().put("VERBENA_JOB", "job");
        ranks.add(builder.start());
      }
      for (Process each : ranks) {
        String said = new String(each.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, each.waitFor(), said);
        long left = Long.parseLong(said.split(" ", -1)[2]);
        assertTrue(left <= most, () -> what + " left more than " + most + ": " + said);
      }
    } finally {
      ranks.forEach(Process::destroyForcibly);
    }
  }
}
