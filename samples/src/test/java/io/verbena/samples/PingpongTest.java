package io.verbena.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Our ping-pong programs talk with those of rdma-core, in either role. */
@RdmaTest
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PingpongTest {
  private static final int PORT = 18600;

  /** GID 1 of the testbed's device is its IPv4 address. */
  private static final List<String> C_OPTIONS = List.of("-g", "1");

  @TempDir private Path folder;

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({
    "rc, -n 200 -s 10000 -r 20",
    "rc, -n 200 -s 10000 -r 20 -e",
    "rc, -n 200 -s 16 -m 256",
    "rc, -n 50 -s 65536 -m 4096 -e",
    "uc, -n 200 -s 10000 -r 20",
    "uc, -n 200 -s 10000 -r 20 -e",
    "ud, -n 200 -s 4096 -r 20",
    "ud, -n 200 -s 100 -r 20 -e",
    "srq, -n 200 -s 10000 -r 40 -q 5",
    "srq, -n 200 -s 4096 -r 40 -q 16 -e",
  })
  void shouldPlayWithTheCServer(String type, String options) throws Exception {
    List<String> all = options("-c " + options);
    try (CProgram server = server(type, all)) {
      server.awaitListener(PORT);
      Outcome client = Outcome.of(ours(type, all, "127.0.0.1"));
      assertEquals(0, client.status(), client.err());
      shouldReport(client.out(), all);
      assertEquals(0, server.status(), server.output());
      shouldReport(server.output(), all);
      assertFalse(server.output().contains("invalid data"), server.output());
    }
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({
    "rc, -n 200 -s 10000 -r 20",
    "rc, -n 200 -s 10000 -r 20 -e",
    "rc, -n 200 -s 16 -m 256",
    "uc, -n 200 -s 10000 -r 20",
    "uc, -n 200 -s 10000 -r 20 -e",
    "ud, -n 200 -s 4096 -r 20",
    "ud, -n 200 -s 100 -r 20 -e",
    "srq, -n 200 -s 10000 -r 40 -q 5",
    "srq, -n 200 -s 4096 -r 40 -q 16 -e",
  })
  void shouldPlayWithTheCClient(String type, String options) throws Exception {
    List<String> all = options("-c " + options);
    CompletableFuture<Outcome> server =
        CompletableFuture.supplyAsync(() -> Outcome.of(ours(type, all)));
    CProgram.awaitListener(PORT, null);
    try (CProgram client = client(type, all)) {
      Outcome outcome = server.get(60, TimeUnit.SECONDS);
      assertEquals(0, outcome.status(), outcome.err() + client.output());
      shouldReport(outcome.out(), all);
      assertEquals(0, client.status(), client.output());
      shouldReport(client.output(), all);
    }
  }

  @Test
  void shouldHaveItsDataCheckedByTheCServer() throws Exception {
    List<String> all = options("-n 10");
    List<String> checked = options("-n 10 -c");
    try (CProgram server = server("rc", checked)) {
      server.awaitListener(PORT);
      assertEquals(0, Outcome.of(ours("rc", all, "127.0.0.1")).status());
      assertEquals(0, server.status(), server.output());
      assertTrue(server.output().contains("invalid data in page 0"), server.output());
    }
  }

  @Test
  void shouldCheckTheDataOfTheCClient() throws Exception {
    CompletableFuture<Outcome> server =
        CompletableFuture.supplyAsync(() -> Outcome.of(ours("rc", options("-n 10 -c"))));
    CProgram.awaitListener(PORT, null);
    try (CProgram client = client("rc", options("-n 10"))) {
      Outcome outcome = server.get(60, TimeUnit.SECONDS);
      assertEquals(1, outcome.status(), outcome.out());
      assertEquals(
          "verbena: invalid data in page 0: byte 0 is 0x7b, not 0x00", outcome.err().strip());
      assertEquals(0, client.status(), client.output());
    }
  }

  @Test
  void shouldSayWhatTheCClientHasToDo() throws Exception {
    CompletableFuture<Outcome> server =
        CompletableFuture.supplyAsync(() -> Outcome.of(ours("rc", List.of())));
    CProgram.awaitListener(PORT, null);
    List<String> withoutGid = List.of("-p", String.valueOf(PORT), "127.0.0.1");
    try (CProgram client = CProgram.start(folder, "ibv_rc_pingpong", withoutGid)) {
      Outcome outcome = server.get(60, TimeUnit.SECONDS);
      assertEquals(1, outcome.status(), outcome.out());
      assertEquals(
          "verbena: the peer did not say its GID: give it the option -g INDEX",
          outcome.err().strip());
      assertTrue(client.status() != 0, client.output());
    }
  }

  private static List<String> options(String text) {
    return List.of(text.split(" "));
  }

  private static String[] ours(String type, List<String> options, String... host) {
    List<String> command =
        new ArrayList<>(List.of("sample", type + "-pingpong", "-p", String.valueOf(PORT)));
    command.addAll(options);
    command.addAll(List.of(host));
    return command.toArray(String[]::new);
  }

  private CProgram server(String type, List<String> options) throws Exception {
    return CProgram.start(folder, "ibv_" + type + "_pingpong", theirs(options));
  }

  private CProgram client(String type, List<String> options) throws Exception {
    List<String> all = new ArrayList<>(theirs(options));
    all.add("127.0.0.1");
    return CProgram.start(folder, "ibv_" + type + "_pingpong", all);
  }

  private static List<String> theirs(List<String> options) {
    List<String> all = new ArrayList<>(C_OPTIONS);
    all.addAll(List.of("-p", String.valueOf(PORT)));
    all.addAll(options);
    return all;
  }

  /** Both say how many bytes and iterations they did, in the same words. */
  private static void shouldReport(String output, List<String> options) {
    long iterations = value(options, "-n", 1000);
    long bytes = 2 * iterations * value(options, "-s", 4096);
    for (String part :
        List.of(
            "  local address:  LID 0x0000, QPN 0x",
            "  remote address: LID 0x0000, QPN 0x",
            bytes + " bytes in ",
            " Mbit/sec",
            iterations + " iters in ",
            " usec/iter")) {
      assertTrue(output.contains(part), output);
    }
  }

  private static long value(List<String> options, String name, long otherwise) {
    int place = options.indexOf(name);
    return place < 0 ? otherwise : Long.parseLong(options.get(place + 1));
  }
}
