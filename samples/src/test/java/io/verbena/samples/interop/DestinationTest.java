package io.verbena.samples.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.verbs.Gid;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DestinationTest {
  private static final Destination EXAMPLE =
      new Destination(0x1f, 0x11, 0xabcdef, new Gid(0, 0x0000ffff0a4d0001L));
  private static final String TEXT = "001f:000011:abcdef:00000000000000000000ffff0a4d0001";

  @Test
  void shouldBeWrittenAsTheCProgramsDo() {
    assertEquals(TEXT, EXAMPLE.text());
    assertEquals(Destination.LENGTH, TEXT.length());
    assertEquals(
        "LID 0x001f, QPN 0x000011, PSN 0xabcdef, GID ::ffff:10.77.0.1", EXAMPLE.toString());
  }

  @Test
  void shouldReadWhatItWrites() throws IOException {
    assertEquals(EXAMPLE, Destination.parse(TEXT));
    assertEquals(Destination.NONE, Destination.parse(Destination.NONE.text()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "HTTP/1.1 400 Bad Request",
        "001f:000011:abcdef:00000000000000000000ffff0a4d000",
        "001f:000011:abcdeg:00000000000000000000ffff0a4d0001",
        "-01f:000011:abcdef:00000000000000000000ffff0a4d0001",
      })
  void shouldRefuseWhatAnotherProgramSays(String text) {
    IOException e = assertThrows(IOException.class, () -> Destination.parse(text));
    assertTrue(e.getMessage().contains("not a ping-pong program"), e.getMessage());
  }
}
