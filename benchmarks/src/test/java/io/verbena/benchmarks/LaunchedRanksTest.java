package io.verbena.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ranks that are shell scripts: bash can connect by itself. */
class LaunchedRanksTest {
  private static final String RANK =
      "exec 3<>/dev/tcp/127.0.0.1/$0; echo %d >&3; while read -r ask <&3; do echo %d-$ask >&3; done";

  @TempDir Path folder;

  private LaunchedRanks start(int count, String script) throws IOException {
    return LaunchedRanks.start(
        count, List.of("bash", "-c", script), Map.of(), folder.resolve("log"));
  }

  @Test
  void shouldAnswerInTheOrderOfRanksWhoeverCameFirst() throws IOException {
    String both = RANK.formatted(1, 1) + " & sleep 0.3; " + RANK.formatted(0, 0);
    try (LaunchedRanks ranks = start(2, both)) {
      assertEquals(List.of("0-barrier:0:5", "1-barrier:0:5"), ranks.batch("barrier:0:5"));
      assertEquals(List.of("0-stream:1:2", "1-stream:1:2"), ranks.batch("stream:1:2"));
    }
  }

  @Test
  void shouldSayWhatAProgramSaidThatEnds() {
    IOException refused =
        assertThrows(IOException.class, () -> start(1, "echo no such thing; exit 1"));
    assertTrue(refused.getMessage().endsWith("did not start its 1 ranks: no such thing"));
  }

  @Test
  void shouldSayThatARankEnded() throws IOException {
    String script = "exec 3<>/dev/tcp/127.0.0.1/$0; echo 0 >&3; read -r ask <&3; echo I fell";
    try (LaunchedRanks ranks = start(1, script)) {
      IOException ended = assertThrows(IOException.class, () -> ranks.batch("barrier:0:1"));
      assertTrue(ended.getMessage().endsWith("ended before its time: I fell"));
    }
  }
}
