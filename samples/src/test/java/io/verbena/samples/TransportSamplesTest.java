package io.verbena.samples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.ChildJvm;
import io.verbena.Endpoint;
import io.verbena.RdmaMode;
import io.verbena.Transport;
import io.verbena.TransportConfig;
import io.verbena.TransportException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The programs that use the transport, as users start them: the servers are other processes. */
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TransportSamplesTest {
  private static final String HOST = "localhost";

  @TempDir private Path folder;

  /** {@code required} in the subclass. */
  String rdma() {
    return "off";
  }

  private String link() {
    return rdma().equals("off") ? "link: TCP " : "link: RDMA ";
  }

  private Outcome ours(int status, String... args) {
    Outcome outcome = Outcome.of(args);
    assertEquals(status, outcome.status(), outcome.err());
    assertTrue(outcome.out().startsWith(link()), outcome.out());
    return outcome;
  }

  @Test
  void shouldKeepValues() throws Exception {
    try (ServerProcess server = ServerProcess.start("kv-server", "0", "--rdma", rdma())) {
      String port = server.port();
      String mode = "--rdma=" + rdma();
      ours(0, "sample", "kv", "put", mode, HOST, port, "name", "Verbena");
      Outcome read = ours(0, "sample", "kv", "get", mode, HOST, port, "name");
      assertTrue(read.out().endsWith("\ngot by a read of its memory: Verbena\n"), read.out());
      Outcome asked = ours(0, "sample", "kv", "get", mode, "--by-message", HOST, port, "name");
      assertTrue(asked.out().endsWith("\ngot by message: Verbena\n"), asked.out());
      ours(0, "sample", "kv", "delete", mode, HOST, port, "name");
      Outcome gone = ours(1, "sample", "kv", "get", mode, HOST, port, "name");
      assertTrue(gone.out().endsWith("\nthere is no name\n"), gone.out());
      Outcome load = ours(0, "sample", "kv", "load", mode, HOST, port, "--millis", "200");
      List<String> lines = load.out().lines().toList();
      for (String row :
          List.of(
              "get by message ",
              "get by read ",
              "get by message, while written",
              "get by read, while written")) {
        assertTrue(lines.stream().anyMatch(line -> line.startsWith(row)), load.out());
      }
      assertEquals("every value was right", lines.getLast());
    }
  }

  @Test
  void shouldCopyAFile() throws Exception {
    Path file = folder.resolve("file");
    Files.write(file, new byte[3_000_000]);
    Path into = Files.createDirectory(folder.resolve("into"));
    try (ServerProcess server =
        ServerProcess.start(
            "receive-file", "0", "--keep", "--into", into.toString(), "--rdma", rdma())) {
      String[] send = {
        "sample", "send-file", "--rdma=" + rdma(), HOST, server.port(), file.toString()
      };
      Outcome sent = ours(0, send);
      assertTrue(sent.out().contains("100 % of 2.9 MiB"), sent.out());
      assertTrue(sent.out().contains("file is there, CRC32C "), sent.out());
      assertEquals(-1, Files.mismatch(file, into.resolve("file")));
      Outcome again = ours(1, send);
      assertEquals(
          "verbena: the receiver refuses: file is there already, and --overwrite was not given\n",
          again.err());
    }
  }

  @Test
  void shouldServeTheNextSenderWhateverOneOffers() throws Exception {
    Path into = Files.createDirectory(folder.resolve("into"));
    String[] command = {"receive-file", "0", "--keep", "--into", into.toString(), "--rdma", rdma()};
    // There a file's name is ASCII.
    try (ServerProcess server = ServerProcess.start(Map.of("LC_ALL", "C"), command)) {
      String refusal = offer(server.port(), 1 << 10, "\u00fc.txt");
      assertTrue(refusal.startsWith("\0no file can have that name here: "), refusal);
      assertEquals("PEER_CLOSED", offer(server.port(), 1, ".."));
      String file = Files.writeString(folder.resolve("file"), "text").toString();
      ours(0, "sample", "send-file", "--rdma=" + rdma(), HOST, server.port(), file);
      assertEquals("text", Files.readString(into.resolve("file")));
    }
  }

  /** Returns the answer, or what kind of end came instead. */
  private String offer(String port, int mostBytes, String name) throws IOException {
    TransportConfig config =
        TransportConfig.defaults()
            .withRdma(RdmaMode.valueOf(rdma().toUpperCase(Locale.ROOT)))
            .withMaxMessageBytes(mostBytes);
    try (Transport transport = Transport.open(config);
        Endpoint peer = transport.connect(HOST, Integer.parseInt(port))) {
      ByteBuf offer = transport.allocator().directBuffer().writeLong(10);
      peer.send(offer.writeBytes(name.getBytes(UTF_8)));
      ByteBuf answer = peer.receive();
      String text = answer.toString(UTF_8);
      answer.release();
      return text;
    } catch (TransportException e) {
      return e.kind().name();
    }
  }

  @Test
  void shouldPublishToSubscribers() throws Exception {
    try (ServerProcess broker = ServerProcess.start("broker", "0", "--rdma", rdma())) {
      String mode = "--rdma=" + rdma();
      Process subscriber =
          ChildJvm.of(
                  Main.class, "sample", "subscribe", mode, HOST, broker.port(), "news", "--count=3")
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("out").toFile())
              .start();
      try {
        awaitText("subscribed");
        ours(0, "sample", "publish", mode, HOST, broker.port(), "news", "hello", "--count", "2");
        ours(0, "sample", "publish", mode, HOST, broker.port(), "news", "a\u001bb");
        assertTrue(subscriber.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, subscriber.exitValue());
        String out = Files.readString(folder.resolve("out"));
        assertTrue(out.startsWith(link()), out);
        assertTrue(out.endsWith("subscribed\nnews: hello\nnews: hello\nnews: a?b\n"), out);
      } finally {
        subscriber.destroyForcibly();
      }
    }
  }

  private void awaitText(String text) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!Files.readString(folder.resolve("out")).contains(text)) {
      assertTrue(System.nanoTime() < deadline, "no subscription");
      Thread.sleep(20);
    }
  }

  @Test
  void shouldEchoByAHandler() throws Exception {
    try (ServerProcess server = ServerProcess.start("echo-handler", "0")) {
      Outcome outcome = Outcome.of("sample", "echo-client", HOST, server.port(), "hello");
      assertEquals(0, outcome.status(), outcome.err());
      assertTrue(outcome.out().endsWith("\necho: hello\n"), outcome.out());
    }
  }
}
