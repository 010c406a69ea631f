package io.verbena.samples.files;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names that a stranger may not give a file here. */
class OfferTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "../x",
        "/etc/passwd",
        "a/b",
        "a/",
        "..\\x",
        "C:x",
        "file:stream",
        "a\0b",
        "a\nb",
        "\u001b[2Jx",
        "\u202egpj.exe",
        "\ufffd"
      })
  void shouldRefuseNamesThatLeaveTheFolderOrFoolTerminals(String name) {
    assertThrows(IOException.class, () -> Offer.check(name));
  }

  @Test
  void shouldRefuseNamesThatAreTooLong() {
    assertThrows(IOException.class, () -> Offer.check("\u00e4".repeat(128)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "...", "..x", "a b.tar.gz", "\u00c4rger", ".hidden", "~", "-rf"})
  void shouldTakeOtherNames(String name) {
    assertDoesNotThrow(() -> Offer.check(name));
  }
}
