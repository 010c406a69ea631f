package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An adapter that has gone without a word. */
@RdmaTest
class LostAdapterTest {
  @Test
  @Timeout(240)
  void shouldGoOnOverTcpAndSayOverRdmaThatTheAdapterHasFailed()
      throws IOException, InterruptedException {
    ChildJvm.Ended ended = ChildJvm.run(ChildJvm.of(LostAdapterProgram.class));
    String said = ended.said();
    assertEquals(0, ended.status(), said);
    assertTrue(said.contains("registered before: true\n"), said);
    assertTrue(said.contains("key before: true\n"), said);
    assertTrue(said.contains("RDMA: true\n"), said);
    assertTrue(said.contains("taken away: true\n"), said);
    assertTrue(said.contains("key after: false\n"), said);
    assertTrue(said.contains("added over TCP: 7\n"), said);
    assertTrue(said.contains("added with the key: 8\n"), said);
    assertTrue(said.contains("registered after: false\n"), said);
    assertTrue(said.contains("added to later memory: 0\n"), said);
    assertTrue(said.contains("buffers: 100\n"), said);
    assertTrue(said.contains("Messages are in plain memory, which no adapter reaches"), said);
    assertTrue(said.contains("received: 65536\n"), said);
    assertTrue(said.contains("refused over RDMA: NETWORK, the adapter has failed: ibv_"), said);
    assertTrue(
        said.contains(
            "refused over RDMA: NETWORK, the adapter had failed when the memory was allocated\n"),
        said);
    assertTrue(said.contains("revoked: the grant stays registered: "), said);
    assertTrue(said.contains(", true\n"), said);
  }
}
