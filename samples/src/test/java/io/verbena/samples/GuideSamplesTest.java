package io.verbena.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.ChildJvm;
import io.verbena.verbs.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The programs of the guides to the verbs and to memory do what the guides say. */
@RdmaTest
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GuideSamplesTest {
  private static final String PORT = "18650";

  @TempDir private Path folder;

  @Test
  void shouldWriteIntoTheMemoryOfAnotherProcess() throws Exception {
    CompletableFuture<Outcome> waiting =
        CompletableFuture.supplyAsync(() -> Outcome.of("sample", "first-write", PORT));
    CProgram.awaitListener(Integer.parseInt(PORT), null);
    Child writer =
        Child.run(folder, ChildJvm.of(Main.class, "sample", "first-write", PORT, "localhost"));
    Outcome reader = waiting.get(60, TimeUnit.SECONDS);
    assertEquals(0, writer.status(), writer.err());
    assertTrue(writer.out().contains("WRITE 1 is in the peer's memory"), writer.out());
    assertEquals(0, reader.status(), reader.err());
    assertTrue(reader.out().contains("the peer wrote: hello from afar"), reader.out());
  }

  @Test
  void shouldWriteFromOneHalfOfAPageToTheOther() {
    Outcome outcome = Outcome.of("sample", "verbs-write");
    assertEquals(0, outcome.status(), outcome.err());
    assertTrue(outcome.out().contains("the other half: written by the adapter"), outcome.out());
  }

  @Test
  void shouldTakeTheTourOfMemoryThatTheAdapterReaches() throws IOException {
    Outcome outcome = Outcome.of("sample", "memory-tour", Device.list().getFirst().name());
    assertEquals(0, outcome.status(), outcome.err());
    MemoryTourTest.shouldHaveTakenTheTour(outcome);
    assertTrue(outcome.out().contains("written: true"), outcome.out());
    assertTrue(outcome.out().contains("the peer has: head, body"), outcome.out());
  }

  @Test
  void shouldTakeTheTour() {
    Outcome outcome = Outcome.of("sample", "verbs-tour");
    assertEquals(0, outcome.status(), outcome.err());
    for (String line :
        List.of(
            "SEND 4 is done",
            "it was 5, now 77",
            "BIND_WINDOW 1 is done",
            "INVALIDATE 3 is done",
            "REMOTE_ACCESS_ERROR: ",
            "the queue pair is in ERR",
            "connected with /")) {
      assertTrue(outcome.out().contains(line), line + " in " + outcome.out());
    }
  }
}
