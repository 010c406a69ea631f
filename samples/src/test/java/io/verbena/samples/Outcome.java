package io.verbena.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** What a command left that ran in this process: its exit status and its output. */
record Outcome(int status, String out, String err) {
  /** Runs a command; only one at a time, because it takes the standard output for itself. */
  static Outcome of(String... args) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    var outBytes = new ByteArrayOutputStream();
    var errBytes = new ByteArrayOutputStream();
    System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
    try {
      int status = Main.commandLine().execute(args);
      return new Outcome(
          status,
          outBytes.toString(StandardCharsets.UTF_8),
          errBytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  void shouldBe(int expectedStatus, String expectedErr) {
    assertEquals("verbena: " + expectedErr, err.strip());
    assertEquals(expectedStatus, status);
    assertEquals("", out);
  }
}
