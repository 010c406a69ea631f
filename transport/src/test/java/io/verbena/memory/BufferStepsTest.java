package io.verbena.memory;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class BufferStepsTest {
  @Test
  void shouldHaveNothingInUseAfterAMillionSteps() throws IOException {
    try (var domain = new MemoryDomain(null)) {
      new BufferSteps(domain).run();
    }
  }
}
