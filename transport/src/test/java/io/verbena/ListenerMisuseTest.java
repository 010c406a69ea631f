package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.TransportException.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** Bad input to a listener, and use after its end; its endpoints do not notice. */
@Timeout(60)
class ListenerMisuseTest {
  private EndpointPair pair;
  private Listener listener;

  @BeforeEach
  void listen() throws IOException {
    pair = new EndpointPair(EndpointPair.PATIENT.withRdma(RdmaMode.OFF));
    listener = pair.serverTransport.listen(EndpointPair.anyPort());
  }

  @AfterEach
  void close() {
    pair.close();
  }

  private void requireService() throws IOException {
    try (Endpoint client = pair.clientTransport.connect(listener.address());
        Endpoint server = listener.accept(Duration.ofSeconds(Long.MAX_VALUE))) {
      Misuse.requireExchange(client, server);
    }
  }

  @TestFactory
  Stream<DynamicTest> shouldRefuseBadInputAndGoOn() {
    return Misuse.tests(
        List.of(
            Misuse.of(
                "accept for no duration",
                NullPointerException.class,
                () -> listener.accept(Misuse.nothing())),
            Misuse.of("accept in no time", Kind.TIMEOUT, () -> listener.accept(Duration.ZERO)),
            Misuse.of(
                "accept in less than no time",
                Kind.TIMEOUT,
                () -> listener.accept(Duration.ofDays(-1)))),
        this::requireService);
  }

  @TestFactory
  Stream<DynamicTest> shouldRefuseUseAfterClose() throws IOException {
    Endpoint client = pair.clientTransport.connect(listener.address());
    Endpoint server = listener.accept();
    listener.close();
    return Misuse.tests(
        List.of(
            Misuse.of("accept", Kind.CLOSED, listener::accept),
            Misuse.of("accept for a time", Kind.CLOSED, () -> listener.accept(Duration.ZERO)),
            Misuse.of(
                "connect", Kind.ADDRESS, () -> pair.clientTransport.connect(listener.address()))),
        () -> {
          listener.close();
          assertTrue(listener.address().getPort() > 0);
          Misuse.requireExchange(client, server);
          Misuse.requireExchange(pair.client, pair.server);
        });
  }

  @Test
  void shouldEndAnAcceptThatWaitsWhenItIsClosed() throws Exception {
    var waiting = MessageContract.async(() -> listener.accept(Duration.ofMinutes(1)));
    Thread.sleep(30);
    listener.close();
    var end = assertThrows(java.util.concurrent.ExecutionException.class, waiting::get);
    var cause = (TransportException) end.getCause().getCause();
    assertEquals(Kind.CLOSED, cause.kind());
    Misuse.requireExchange(pair.client, pair.server);
  }
}
