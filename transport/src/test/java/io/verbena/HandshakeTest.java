package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.TransportException.Kind;
import io.verbena.lane.tcp.Chunks;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a side says in its hello, and what it makes of the other's. */
@Timeout(60)
class HandshakeTest {
  private static final TransportConfig CONFIG =
      TransportConfig.defaults().withConnectTimeout(Duration.ofSeconds(60));

  private static Hello helloOfClient(TransportConfig config, Duration left) throws IOException {
    try (ServerSocketChannel server = ServerSocketChannel.open().bind(EndpointPair.anyPort());
        SocketChannel client = SocketChannel.open(server.getLocalAddress());
        SocketChannel accepted = server.accept();
        TransportMemory memory = TransportMemory.open(config.withRdma(RdmaMode.OFF))) {
      long deadline = System.nanoTime() + left.toNanos();
      var handshake = new Handshake(client, deadline, config, memory, new Chunks());
      var shaking =
          CompletableFuture.runAsync(
              () -> assertThrows(IOException.class, () -> handshake.run(UUID.randomUUID(), true)));
      long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      Hello hello = new HandshakeChannel(accepted, patience).readHello();
      accepted.shutdownOutput();
      shaking.join();
      return hello;
    }
  }

  /** Something between the two has mixed up its connections. */
  @Test
  void shouldNotTakeAnAnswerToSomebodyElse() throws Exception {
    try (ServerSocketChannel server = ServerSocketChannel.open().bind(EndpointPair.anyPort());
        Transport transport = Transport.open(CONFIG.withRdma(RdmaMode.OFF))) {
      var to = (InetSocketAddress) server.getLocalAddress();
      var connecting =
          CompletableFuture.supplyAsync(
              () -> assertThrows(TransportException.class, () -> transport.connect(to)));
      try (SocketChannel accepted = server.accept()) {
        long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        var messages = new HandshakeChannel(accepted, patience);
        messages.write(answerTo(messages.readHello()).encode());
        TransportException failure = connecting.get(20, TimeUnit.SECONDS);
        assertEquals(Kind.HANDSHAKE, failure.kind(), failure.getMessage());
        assertTrue(failure.getMessage().contains("somebody else"), failure.getMessage());
      }
    }
  }

  private static Hello answerTo(Hello client) {
    return new Hello(
        Hello.VERSION,
        Hello.VERSION,
        UUID.randomUUID(),
        new UUID(client.session().getMostSignificantBits(), 1),
        client.maxMessageBytes(),
        client.tcpWindow(),
        client.rdmaWindow(),
        client.depth(),
        client.keepaliveMillis(),
        client.probeMillis(),
        client.candidates(),
        client.noRdma());
  }

  /** What the dialling took is gone: only the rest is there for the probe, and for TCP after it. */
  @Test
  void shouldAgreeToAProbeThatLeavesTimeForTcp() throws IOException {
    Duration probe = Duration.ofSeconds(30);
    int millis =
        helloOfClient(CONFIG.withProbeTimeout(probe), Duration.ofSeconds(10)).probeMillis();
    assertTrue(millis <= 4000, millis + " ms of 10 s");
    assertTrue(millis > 1000, millis + " ms of 10 s");
  }

  @Test
  void shouldNotProbeLongerThanConfigured() throws IOException {
    Duration probe = Duration.ofMillis(700);
    assertEquals(
        700, helloOfClient(CONFIG.withProbeTimeout(probe), Duration.ofSeconds(10)).probeMillis());
  }
}
