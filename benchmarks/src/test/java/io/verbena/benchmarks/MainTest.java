package io.verbena.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  private final PrintStream realErrors = System.err;
  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

  @BeforeEach
  void catchErrors() {
    System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void restoreErrors() {
    System.setErr(realErrors);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nosuch",
        "verbs --nosuch",
        "verbs --pairs six",
        "verbs --pairs 6",
        "verbs --quick --pairs 0",
        "verbs --against nosuch",
        "verbs --only key",
        "transport --json /no/such/folder/results.json",
        "verbs transport",
        "osu",
        "osu all-reduce",
        "osu scan -m 5:4",
        "osu scan -m 6:64",
        "osu scan -m 4-64",
        "osu latency -i 0",
        "osu latency --rdma maybe"
      })
  void shouldSayInOneLineWhatIsWrongWithTheArguments(String arguments) {
    int status = Main.run(arguments.isEmpty() ? new String[0] : arguments.split(" "));

    assertEquals(2, status);
    assertEquals(1, errors.toString(StandardCharsets.UTF_8).lines().count(), errors::toString);
    assertTrue(errors.toString(StandardCharsets.UTF_8).startsWith("verbena perf: "));
  }
}
