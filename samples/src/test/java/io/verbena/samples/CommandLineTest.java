package io.verbena.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a user sees who types something wrong, or talks to somebody who is not there. */
class CommandLineTest {
  private static final String LOCAL = InetAddress.getLoopbackAddress().getHostAddress();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "--frobnicate             | unknown option '--frobnicate'",
        "frobnicate               | unknown command 'frobnicate'",
        "demo --frobnicate        | demo: unknown option '--frobnicate'",
        "demo frobnicate          | demo: unexpected argument 'frobnicate'",
        "demo --rdma perhaps      | demo: invalid value for option '--rdma': 'perhaps' is none of"
            + " required, preferred, off",
        "demo --device            | demo: missing required parameter for option '--device' (NAME)",
        "sample frobnicate        | unknown sample 'frobnicate'",
        "sample hello twice       | hello: unexpected argument 'twice'",
        "sample echo-server       | echo-server: missing required parameter: 'PORT'",
        "sample echo-server 65536 | echo-server: invalid value for positional parameter at index 0"
            + " (PORT): '65536' is not a port, a number from 0 to 65535",
        "sample echo-client ::1 x | echo-client: invalid value for positional parameter at index 1"
            + " (PORT): 'x' is not a port, a number from 0 to 65535",
        "sample rping             | rping: either -s or -c",
        "sample rping -c          | rping: -c needs -a ADDRESS",
        "sample rping -s -S 3     | rping: -S is 26 to 65535",
        "sample ucmatose -c 0     | ucmatose: -c is at least 1",
        "sample kv                | kv: missing required subcommand",
        "sample kv get h 1        | get: missing required parameter: 'KEY'",
        "sample kv load h 1 --keys 0 | kv: --keys is 1 to 1000000",
        "sample kv-server 0 --places 0 | kv-server: --places is 1 to 4194304",
        "sample send-file h       | send-file: missing required parameters: 'PORT', 'FILE'",
        "sample broker 0 --queue 0 | broker: --queue is 1 to 1000000",
        "sample publish h 1 t x --count 0 | publish: --count is at least 1",
        "doctor --root /no/such   | doctor: --root: there is no folder '/no/such'",
        "doctor --frobnicate      | doctor: unknown option '--frobnicate'",
        "info extra               | info: unexpected argument 'extra'",
        "run                      | run: missing required options and parameters: '-n=N', 'NAME'",
        "run -n 2                 | run: missing required parameter: 'NAME'",
        "run -n 0 hello           | run: -n is 1 to 1024",
        "run -n 1025 -- true      | run: -n is 1 to 1024",
        "run -n x hello           | run: invalid value for option '-n': 'x' is not an int",
        "run -n 2 --timeout 0 hello | run: --timeout is 1 to 31536000",
        "run -n 2 --frobnicate hello | run: unknown option '--frobnicate'",
        "run -n 2 -- no-such-cmd x | run: there is no command 'no-such-cmd' that can be executed",
        "run -n 2 -- hello        | run: there is no command 'hello'; the sample of that name is"
            + " started without --",
        "run -n 2 sh -c true      | run: 'sh' is no sample; any other command stands after --:"
            + " ./verbena run -n 2 -- sh -c true",
        "test --no-rdma           | 'test' is a command of the launcher: run ./verbena test"
            + " --no-rdma",
        "perf                     | 'perf' is a command of the launcher: run ./verbena perf",
      })
  void shouldNameWhatWasWrongInOneLine(String args, String complaint) {
    Outcome.of(args.split(" ")).shouldBe(2, complaint + " (try ./verbena --help)");
  }

  @Test
  void shouldNameTheSamplesThatCanBeRun() {
    Outcome outcome = Outcome.of("run", "-n", "2", "frobnicate", "--", "sh");
    assertEquals(2, outcome.status());
    assertTrue(
        outcome.err().startsWith("verbena: run: unknown sample 'frobnicate', there are: "),
        outcome.err());
    assertTrue(outcome.err().contains(" hello, "), outcome.err());
  }

  @Test
  void shouldComplainWithoutCommand() {
    Outcome.of().shouldBe(2, "no command given (try ./verbena --help)");
  }

  @Test
  void shouldFitHelpInAScreen() {
    Outcome help = Outcome.of("--help");
    assertEquals(0, help.status());
    List<String> lines = help.out().lines().toList();
    assertTrue(lines.size() <= 24, help.out());
    assertTrue(lines.stream().allMatch(line -> line.length() <= 80), help.out());
    for (String word :
        List.of(
            "doctor", "info", "demo", "sample", "run", "test", "testbed", "perf", "0", "1", "2",
            "3")) {
      assertTrue(lines.stream().anyMatch(line -> line.startsWith("  " + word + " ")), word);
    }
  }

  @Test
  void shouldListSamples() {
    Outcome list = Outcome.of("sample");
    assertEquals(0, list.status());
    for (String name :
        List.of(
            "hello",
            "one-sided",
            "echo-server PORT",
            "echo-handler PORT",
            "transport-tour",
            "memory-tour [DEVICE]",
            "kv-server PORT",
            "kv",
            "receive-file PORT",
            "send-file HOST PORT FILE",
            "broker PORT",
            "publish HOST PORT TOPIC TEXT",
            "subscribe HOST PORT TOPIC",
            "verbs-write [DEVICE]",
            "rc-pingpong [HOST]",
            "uc-pingpong [HOST]",
            "ud-pingpong [HOST]",
            "srq-pingpong [HOST]",
            "rping",
            "ucmatose",
            "udaddy")) {
      assertTrue(list.out().contains("\n  " + name + " "), list.out());
    }
  }

  @Test
  void shouldRunSamples() {
    Outcome hello = Outcome.of("sample", "hello");
    assertEquals(0, hello.status(), hello.err());
    assertTrue(hello.out().startsWith("hello over "), hello.out());
    Outcome oneSided = Outcome.of("sample", "one-sided");
    assertEquals(0, oneSided.status(), oneSided.err());
    assertTrue(oneSided.out().contains("a counter went from 0 to 5"), oneSided.out());
    assertTrue(oneSided.out().contains("the owner finds: written from afar"), oneSided.out());
  }

  @Test
  void shouldSayThatPortIsInUse() throws IOException {
    try (var taken = new ServerSocket(0)) {
      String port = String.valueOf(taken.getLocalPort());
      Outcome.of("sample", "echo-server", port)
          .shouldBe(1, "cannot listen on 0.0.0.0:" + port + ": Address already in use");
    }
  }

  @Test
  void shouldSayThatNobodyListens() throws IOException {
    int port;
    try (var free = new ServerSocket()) {
      free.bind(new InetSocketAddress(LOCAL, 0));
      port = free.getLocalPort();
    }
    Outcome.of("sample", "echo-client", LOCAL, String.valueOf(port))
        .shouldBe(1, "cannot connect to " + LOCAL + ":" + port + ": Connection refused");
  }

  @Test
  void shouldSayThatHostIsUnknown() {
    Outcome.of("sample", "echo-client", "no-such-host.invalid", "9000")
        .shouldBe(1, "cannot connect to no-such-host.invalid:9000: unknown host");
  }

  @Test
  void shouldSayThatPeerIsNotVerbena() throws Exception {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread http =
          Thread.startVirtualThread(
              () -> {
                try (Socket peer = server.accept()) {
                  byte[] answer =
                      "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
                          .getBytes(StandardCharsets.US_ASCII);
                  peer.getOutputStream().write(answer);
                  peer.shutdownOutput();
                  peer.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
                } catch (IOException e) {
                  // The client hangs up as soon as it has seen enough.
                }
              });
      int port = server.getLocalPort();
      Outcome outcome = Outcome.of("sample", "echo-client", LOCAL, String.valueOf(port));
      assertTrue(http.join(Duration.ofSeconds(10)));
      outcome.shouldBe(
          1,
          "cannot connect to %s:%d: the peer is not Verbena: it sent \"HTTP/1\""
              .formatted(LOCAL, port));
    }
  }
}
