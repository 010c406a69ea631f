package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the flight recorder hears of endpoints. */
@Timeout(60)
class EndpointEventsTest {
  private static final TransportConfig CONFIG =
      EndpointPair.PATIENT.withRdma(RdmaMode.OFF).withReceiveWindow(4).withReceiveBufferBytes(1);

  @TempDir private Path folder;
  private Recording recording;

  @BeforeEach
  void record() {
    recording = new Recording();
    for (String each : List.of("Connect", "ConnectFailure", "Close", "CreditStall")) {
      recording.enable("io.verbena." + each).withThreshold(Duration.ZERO);
    }
    recording.start();
  }

  private List<RecordedEvent> recorded(String name) throws IOException {
    Path file = folder.resolve("events.jfr");
    recording.stop();
    recording.dump(file);
    recording.close();
    return RecordingFile.readAllEvents(file).stream()
        .filter(each -> each.getEventType().getName().equals("io.verbena." + name))
        .toList();
  }

  /** The one of an endpoint. */
  private static RecordedEvent of(Endpoint endpoint, List<RecordedEvent> events) {
    List<RecordedEvent> found =
        events.stream()
            .filter(each -> each.getString("local").equals(endpoint.localAddress().toString()))
            .toList();
    assertEquals(1, found.size(), events::toString);
    RecordedEvent event = found.getFirst();
    assertEquals(endpoint.remoteAddress().toString(), event.getString("remote"));
    return event;
  }

  @Test
  void shouldRecordWhatWasConnectedAndBothEnds() throws IOException {
    var pair = new EndpointPair(CONFIG);
    pair.close();
    List<RecordedEvent> events = recorded("Connect");
    RecordedEvent client = of(pair.client, events);
    assertTrue(client.getBoolean("client"));
    assertEquals(pair.client.linkReport().toString(), client.getString("link"));
    assertFalse(of(pair.server, events).getBoolean("client"));
  }

  @Test
  void shouldRecordWhoClosedAndWhoWasClosed() throws IOException {
    var pair = new EndpointPair(CONFIG);
    pair.client.close();
    assertThrows(TransportException.class, () -> pair.server.receive());
    pair.close();
    List<RecordedEvent> events = recorded("Close");
    assertEquals(2, events.size(), events::toString);
    RecordedEvent client = of(pair.client, events);
    assertEquals("CLOSED", client.getString("kind"));
    assertEquals(pair.client.link().toString(), client.getString("link"));
    RecordedEvent server = of(pair.server, events);
    assertEquals("PEER_CLOSED", server.getString("kind"));
    assertEquals("the peer closed the endpoint", server.getString("cause"));
  }

  @Test
  void shouldRecordHowLongAMessageWaitedForItsReceiver() throws IOException {
    try (var pair = new EndpointPair(CONFIG)) {
      ByteBuf message = EndpointPair.random(1, 4000);
      int sent = 0;
      while (pair.client.counters().creditStalls() == 0) {
        if (pair.client.trySend(message.retainedDuplicate())) {
          sent++;
        } else {
          message.release();
        }
      }
      for (; sent > 0; sent--) {
        pair.server.receive().release();
      }
      // There is room again: what waited has gone before this.
      pair.client.send(message);
      pair.server.receive().release();
      RecordedEvent stall = of(pair.client, recorded("CreditStall"));
      assertFalse(stall.getDuration("waited").isZero());
    }
  }

  @Test
  void shouldRecordAConnectThatFailed() throws IOException {
    InetSocketAddress nobody;
    try (var server = new ServerSocket(0)) {
      nobody = new InetSocketAddress("localhost", server.getLocalPort());
    }
    try (Transport transport = Transport.open(CONFIG)) {
      assertThrows(TransportException.class, () -> transport.connect(nobody));
    }
    List<RecordedEvent> events = recorded("ConnectFailure");
    assertEquals(1, events.size(), events::toString);
    RecordedEvent event = events.getFirst();
    assertTrue(event.getBoolean("client"));
    assertEquals("localhost:" + nobody.getPort(), event.getString("remote"));
    assertEquals("ADDRESS", event.getString("kind"));
    assertTrue(event.getString("cause").contains("refused"), event.getString("cause"));
    assertFalse(event.getDuration().isZero());
  }

  @Test
  void shouldRecordWhoWasNotAccepted() throws IOException {
    try (Transport transport = Transport.open(CONFIG)) {
      Listener listener = transport.listen(EndpointPair.anyPort());
      String stranger;
      try (var socket = new Socket(listener.address().getAddress(), listener.address().getPort())) {
        stranger = socket.getLocalSocketAddress().toString();
        socket.getOutputStream().write("GET / ".getBytes(StandardCharsets.US_ASCII));
        assertEquals(-1, socket.getInputStream().read());
      }
      // It waits for the handshake, which tells of itself when the stranger is gone.
      listener.close();
      List<RecordedEvent> events = recorded("ConnectFailure");
      assertEquals(1, events.size(), events::toString);
      RecordedEvent event = events.getFirst();
      assertFalse(event.getBoolean("client"));
      assertEquals(stranger, event.getString("remote"));
      assertEquals(listener.address().toString(), event.getString("local"));
      assertEquals("HANDSHAKE", event.getString("kind"));
      assertTrue(event.getString("cause").contains("not Verbena"), event.getString("cause"));
    }
  }
}
