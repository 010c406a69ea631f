package io.verbena.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Our programs of the connection manager talk with those of rdma-core, in either role. */
@RdmaTest
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConnectionSamplesTest {
  /** Of an interface with RDMA: loopback has none. */
  private static final String ADDRESS = System.getenv("TESTBED_ADDRESS");

  @TempDir private Path folder;

  @BeforeEach
  void needAddress() {
    assumeTrue(ADDRESS != null, "only the testbed says which address has RDMA behind it");
  }

  @ParameterizedTest
  @CsvSource({"-C 20 -v -V", "-C 5 -v -V -S 60000", "-C 5 -V -S 26"})
  void shouldPingTheCServer(String text) throws Exception {
    List<String> options = options(text + " -a " + ADDRESS);
    try (CProgram server = CProgram.start(folder, "rping", with(options, "-s"))) {
      Outcome client = eventually(() -> ours("rping", with(options, "-c")));
      assertEquals(0, client.status(), client.err() + server.output());
      assertEquals(0, server.status(), server.output());
      if (options.contains("-v")) {
        assertTrue(client.out().contains("ping data: rdma-ping-4: EFGHIJKL"), client.out());
        assertTrue(server.output().contains("server ping data: rdma-ping-4: EF"), server.output());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"-C 20 -v -V", "-C 5 -v -V -S 60000"})
  void shouldAnswerThePingsOfTheCClient(String text) throws Exception {
    List<String> options = options(text + " -a " + ADDRESS);
    CompletableFuture<Outcome> server =
        CompletableFuture.supplyAsync(() -> ours("rping", with(options, "-s")));
    String said = eventuallyDone("rping", with(options, "-c"), server);
    Outcome outcome = server.get(60, TimeUnit.SECONDS);
    assertEquals(0, outcome.status(), outcome.err());
    assertTrue(said.contains("ping data: rdma-ping-4: EFGHIJKL"), said);
    assertTrue(outcome.out().contains("server ping data: rdma-ping-4: EF"), outcome.out());
  }

  @ParameterizedTest
  @CsvSource({
    "ucmatose, -C 10 -S 1000",
    "ucmatose, -c 4 -C 50 -S 4096 -t 32",
    "ucmatose, -C 0",
    "udaddy, -C 10 -S 1000",
    "udaddy, -c 3 -C 20 -S 4000",
  })
  void shouldExchangeMessagesWithTheCServer(String name, String text) throws Exception {
    List<String> options = options(text);
    try (CProgram server = CProgram.start(folder, name, with(options, "-b", ADDRESS))) {
      Outcome client = eventually(() -> ours(name, with(options, "-s", ADDRESS)));
      assertEquals(0, client.status(), client.err() + server.output());
      shouldBeComplete(client.out(), options);
      assertEquals(0, server.status(), server.output());
      shouldBeComplete(server.output(), options);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ucmatose, -C 10 -S 1000",
    "ucmatose, -c 4 -C 50 -S 4096",
    "udaddy, -C 10 -S 1000",
    "udaddy, -c 3 -C 20 -S 4000",
  })
  void shouldExchangeMessagesWithTheCClient(String name, String text) throws Exception {
    List<String> options = options(text);
    CompletableFuture<Outcome> server =
        CompletableFuture.supplyAsync(() -> ours(name, with(options, "-b", ADDRESS)));
    String said = eventuallyDone(name, with(options, "-s", ADDRESS), server);
    shouldBeComplete(said, options);
    Outcome outcome = server.get(60, TimeUnit.SECONDS);
    assertEquals(0, outcome.status(), outcome.err() + said);
    shouldBeComplete(outcome.out(), options);
  }

  @Test
  void shouldSayThatNobodyListens() {
    Outcome client = ours("rping", options("-c -a " + ADDRESS + " -p 7199"));
    assertEquals(1, client.status(), client.out());
    assertTrue(client.err().contains("REJECTED"), client.err());
  }

  private static void shouldBeComplete(String output, List<String> options) {
    assertTrue(output.contains("test complete\nreturn status 0"), output);
    assertEquals(!options.contains("0"), output.contains("data transfers complete"), () -> output);
  }

  private static Outcome ours(String name, List<String> options) {
    return Outcome.of(
        with(List.of("sample", name), options.toArray(String[]::new)).toArray(String[]::new));
  }

  /** Connections and datagrams say it differently. */
  private static boolean isNobodyThere(String said) {
    return said.contains("REJECTED") || said.contains("UNREACHABLE");
  }

  private interface Attempt {
    Outcome run();
  }

  /** Tries until the server listens. */
  private static Outcome eventually(Attempt attempt) throws Exception {
    return until(attempt::run, outcome -> !isNobodyThere(outcome.err()));
  }

  /** Runs a C client until the server, which runs in this process, listens; returns its output. */
  private String eventuallyDone(
      String name, List<String> options, CompletableFuture<Outcome> server) throws Exception {
    return until(
        () -> {
          try (CProgram client = CProgram.start(folder, name, options)) {
            int status = client.status();
            String said = client.output();
            assertTrue(
                status == 0 || isNobodyThere(said),
                () -> name + " ended with " + status + ": " + said + server);
            return said;
          }
        },
        said -> !isNobodyThere(said));
  }

  private interface Step<T> {
    T take() throws Exception;
  }

  private static <T> T until(Step<T> step, Predicate<T> done) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    T result = null;
    while (System.nanoTime() < deadline) {
      result = step.take();
      if (done.test(result)) {
        return result;
      }
      Thread.sleep(100);
    }
    assertNotNull(result, "no time for an attempt");
    return result;
  }

  private static List<String> options(String text) {
    return List.of(text.split(" "));
  }

  private static List<String> with(List<String> options, String... more) {
    List<String> all = new ArrayList<>(options);
    all.addAll(List.of(more));
    return all;
  }
}
