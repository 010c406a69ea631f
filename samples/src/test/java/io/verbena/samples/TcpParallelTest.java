package io.verbena.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.Arguments;

/** Over TCP. */
class TcpParallelTest extends ParallelContract {
  TcpParallelTest() {
    super("off", 3);
  }

  @Override
  List<Arguments> samples() {
    return List.of(
        Arguments.of("heat", "--size 40 --steps 200"),
        Arguments.of("k-means", "--points 1000"),
        Arguments.of("matrix-multiply", "--size 31"),
        Arguments.of("sample-sort", "--count 1000"),
        Arguments.of("gradients", "--weights 100 --examples 50"));
  }

  @Test
  void shouldComputeAlone() throws Exception {
    Child alone = run(List.of("sample", "heat", "--size", "20", "--steps", "10"));
    assertEquals(0, alone.status(), alone.err());
    assertTrue(alone.out().contains(": 1 rank,"), alone.out());
  }

  @Test
  void shouldNameOptionsThatMakeNoSense() throws Exception {
    Child wrong = run(List.of("sample", "heat", "--size", "2"));
    assertEquals(2, wrong.status());
    assertTrue(wrong.err().contains("--size is 3 to 20000"), wrong.err());
  }
}
