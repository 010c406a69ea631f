package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.TransportException.Kind;
import io.verbena.lane.Frame;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A peer that did the handshake and then breaks the rules of the protocol. */
@Timeout(120)
class HostilePeerTest {
  private static final TransportConfig CONFIG =
      TransportConfig.defaults()
          .withRdma(RdmaMode.OFF)
          .withMaxMessageBytes(1 << 20)
          .withCloseTimeout(Duration.ofMillis(200));

  private static final int READ_DATA = 17;
  private static final int CREDIT_AT = 24;

  private Transport transport;
  private Listener listener;

  @BeforeEach
  void listen() throws IOException {
    transport = Transport.open(CONFIG);
    listener = transport.listen(EndpointPair.anyPort());
  }

  @AfterEach
  void close() {
    transport.close();
  }

  private static byte[] frame(int type, int flags, int length, long sequence, long detail) {
    var header = new Frame();
    header.type = (byte) type;
    header.flags = (byte) flags;
    header.length = length;
    header.sequence = sequence;
    header.credit = 32;
    header.detail = detail;
    ByteBuffer bytes = ByteBuffer.allocate(Frame.BYTES + Math.max(0, Math.min(length, 1 << 16)));
    header.write(bytes, 0);
    return bytes.array();
  }

  private void expectProtocolError(byte[]... frames) throws IOException {
    expectProtocolError("the peer", frames);
  }

  private void expectProtocolError(String text, byte[]... frames) throws IOException {
    try (var peer = RawPeer.connect(listener.address())) {
      Endpoint server = listener.accept();
      for (byte[] frame : frames) {
        peer.write(frame);
      }
      var failure = assertThrows(TransportException.class, server::receive);
      assertEquals(Kind.PROTOCOL, failure.kind(), failure.getMessage());
      assertTrue(failure.getMessage().contains(text), failure.getMessage());
      server.close();
    }
  }

  @Test
  void shouldTakeWhatIsCorrect() throws IOException {
    exchangeCorrectly();
  }

  private void exchangeCorrectly() throws IOException {
    try (var peer = RawPeer.connect(listener.address())) {
      Endpoint server = listener.accept();
      peer.write(frame(Frame.DATA, Frame.FIRST | Frame.LAST, 8, 0, 8));
      ByteBuf message = server.receive();
      assertEquals(8, message.readableBytes());
      message.release();
    }
  }

  @Test
  void shouldRejectALengthBeyondAFrame() throws IOException {
    expectProtocolError(frame(Frame.DATA, Frame.FIRST, (1 << 20) + 1, 0, 1 << 21));
    expectProtocolError(frame(READ_DATA, Frame.LAST, (1 << 16) + 1, 0, 1));
  }

  @Test
  void shouldRejectANegativeLength() throws IOException {
    expectProtocolError(frame(Frame.DATA, Frame.FIRST, -1, 0, 8));
  }

  @Test
  void shouldRejectAMessageBeyondTheAgreedMaximum() throws IOException {
    expectProtocolError(frame(Frame.DATA, Frame.FIRST, 8, 0, (1 << 20) + 1));
  }

  @Test
  void shouldRejectANegativeMessageLength() throws IOException {
    expectProtocolError(frame(Frame.DATA, Frame.FIRST, 8, 0, Long.MIN_VALUE));
  }

  @Test
  void shouldRejectAMessageThatIsLongerThanItSaid() throws IOException {
    expectProtocolError(
        frame(Frame.DATA, Frame.FIRST, 8, 0, 10), frame(Frame.DATA, Frame.LAST, 8, 1, 0));
  }

  @Test
  void shouldRejectAMessageThatEndsTooEarly() throws IOException {
    expectProtocolError(frame(Frame.DATA, Frame.FIRST | Frame.LAST, 8, 0, 10));
  }

  @Test
  void shouldRejectAMessageWithinAMessage() throws IOException {
    byte[] first = frame(Frame.DATA, Frame.FIRST, 8, 0, 100);
    expectProtocolError(first, frame(Frame.DATA, Frame.FIRST, 8, 1, 100));
  }

  @Test
  void shouldRejectAPartWithoutABeginning() throws IOException {
    expectProtocolError(frame(Frame.DATA, Frame.LAST, 8, 0, 8));
  }

  @Test
  void shouldRejectAGapInTheSequence() throws IOException {
    expectProtocolError(frame(Frame.DATA, Frame.FIRST | Frame.LAST, 8, 1, 8));
  }

  @Test
  void shouldRejectARepeatedFrame() throws IOException {
    try (var peer = RawPeer.connect(listener.address())) {
      Endpoint server = listener.accept();
      byte[] message = frame(Frame.DATA, Frame.FIRST | Frame.LAST, 8, 0, 8);
      peer.write(message);
      server.receive().release();
      peer.write(message);
      var failure = assertThrows(TransportException.class, server::receive);
      assertEquals(Kind.PROTOCOL, failure.kind());
    }
  }

  @Test
  void shouldRejectAnUnknownType() throws IOException {
    expectProtocolError(frame(10, 0, 0, 0, 0));
    expectProtocolError(frame(15, 0, 0, 0, 0));
    expectProtocolError(frame(99, 0, 0, 0, 0));
  }

  @Test
  void shouldRejectControlFramesThatMakeNoSense() throws IOException {
    // News of messages that we never asked the peer to pull.
    expectProtocolError(frame(Frame.CREDIT, 0, 0, 0, 1));
    expectProtocolError(frame(Frame.FLUSHED, 0, 0, 0, 0));
    expectProtocolError(frame(Frame.FLUSH, 0, 0, 0, -1));
    expectProtocolError(frame(Frame.NOTIFY, 0, 0, 1, 0));
    // Nothing can be pulled over TCP.
    expectProtocolError(frame(Frame.ADVERTISE, 0, 20, 0, 16));
  }

  @Test
  void shouldRejectAQuestionThatIsAskedAgainBeforeItsAnswer() throws IOException {
    expectProtocolError("a ping too many", twice(frame(Frame.PING, 0, 0, 0, 0)));
    expectProtocolError("a flush too many", twice(frame(Frame.FLUSH, 0, 0, 0, 1)));
  }

  /** In one piece, so that the second is there when the first is read. */
  private static byte[] twice(byte[] frame) {
    return ByteBuffer.allocate(2 * frame.length).put(frame).put(frame).array();
  }

  @Test
  void shouldRejectASignOfLifeThatItHasNotAskedFor() throws IOException {
    expectProtocolError("an answer to nothing", frame(Frame.PONG, 0, 0, 0, 0));
  }

  @Test
  void shouldRejectASecondEnd() throws IOException {
    ByteBuffer both = ByteBuffer.allocate(2 * Frame.BYTES);
    both.put(frame(Frame.CLOSE, 0, 0, 0, 0)).put(frame(Frame.CLOSE, 0, 0, 1, 0));
    expectProtocolError("more after its end", both.array());
  }

  @Test
  void shouldRejectCreditThatSaysNothing() throws IOException {
    expectProtocolError(frame(Frame.CREDIT, 0, 0, 0, 0));
  }

  @Test
  void shouldRejectMoreCreditThanThePeerCanGive() throws IOException {
    byte[] frame = frame(Frame.CREDIT, 0, 0, 0, 0);
    ByteBuffer.wrap(frame).putLong(CREDIT_AT, 33);
    expectProtocolError(frame);
  }

  @Test
  void shouldRejectAnAnswerToNothing() throws IOException {
    expectProtocolError(frame(21, Frame.LAST, 16, 0, 5));
    expectProtocolError(frame(17, Frame.LAST, 16, 0, -1));
  }

  @Test
  void shouldRejectARequestThatIsCutOff() throws IOException {
    for (int type : new int[] {16, 18, 19, 20}) {
      expectProtocolError(frame(type, Frame.LAST, 15, 0, 1));
    }
  }

  /** A receiver that does not take its messages holds a bounded amount, whatever the peer sends. */
  @Test
  void shouldEndAPeerThatSendsBeyondItsCredit() throws Exception {
    transport.close();
    transport = Transport.open(CONFIG.withReceiveBufferBytes(1000));
    listener = transport.listen(EndpointPair.anyPort());
    try (var peer = RawPeer.connect(listener.address())) {
      Endpoint server = listener.accept();
      for (int i = 0; i < 40; i++) {
        peer.write(frame(Frame.DATA, Frame.FIRST | Frame.LAST, 1000, i, 1000));
      }
      int received = 0;
      // Let the transport see everything before the first message is taken.
      Thread.sleep(200);
      TransportException end = null;
      while (end == null) {
        try {
          server.receive().release();
          received++;
        } catch (TransportException e) {
          end = e;
        }
      }
      assertEquals(Kind.PROTOCOL, end.kind(), end.getMessage());
      assertTrue(received <= 34, "it held " + received + " messages");
    }
  }

  /**
   * A peer that never answers: one operation too many is refused, and all end at their deadline.
   */
  @Test
  void shouldEndOperationsThatArePendingTooLong() throws IOException {
    transport.close();
    transport = Transport.open(CONFIG.withOperationTimeout(Duration.ofSeconds(2)));
    listener = transport.listen(EndpointPair.anyPort());
    var invented = new RemoteMemory(0x1000, 4096, 0, 1);
    try (var peer = RawPeer.connect(listener.address())) {
      assertTrue(peer.isConnected());
      Endpoint server = listener.accept();
      List<Operation> operations = new ArrayList<>();
      for (int i = 0; i < RawPeer.DEPTH; i++) {
        operations.add(new Operation());
        assertTrue(server.tryFetchAdd(invented, 0, 1, operations.getLast()), "operation " + i);
      }
      assertFalse(server.tryFetchAdd(invented, 0, 1, new Operation()));
      for (Operation operation : operations) {
        var failure = assertThrows(TransportException.class, operation::await);
        assertEquals(Kind.TIMEOUT, failure.kind(), failure.getMessage());
      }
      server.close();
    }
  }

  /** Random frames never stop the thread that serves the other endpoints. */
  @Test
  void shouldSurviveRandomFrames() throws Exception {
    var random = new Random(42);
    for (int round = 0; round < 100; round++) {
      try (var peer = RawPeer.connect(listener.address())) {
        Endpoint server = listener.accept();
        try {
          for (int i = 0; i < 5; i++) {
            int type = random.nextBoolean() ? 16 + random.nextInt(6) : random.nextInt(8);
            byte[] bytes =
                frame(type, random.nextInt(4), random.nextInt(100), i, random.nextInt(130));
            for (int at = Frame.BYTES; at < bytes.length; at++) {
              bytes[at] = (byte) (random.nextInt(3) == 0 ? random.nextInt() : 0);
            }
            peer.write(bytes);
          }
        } catch (IOException cutOff) {
          assertTrue(cutOff.getMessage().length() > 3);
        }
        server.close();
      }
    }
    exchangeCorrectly();
  }
}
