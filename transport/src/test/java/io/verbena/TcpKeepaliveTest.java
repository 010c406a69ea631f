package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.TransportException.Kind;
import io.verbena.lane.Frame;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Silent peers over TCP. */
class TcpKeepaliveTest extends KeepaliveContract {
  /** In a hello: it minds no silence itself, and answers. */
  private static final int AS_THE_OTHER_WANTS = 1;

  /** More than sockets hold. */
  private static final int MUCH = 64 << 20;

  private static final int LONG_FRAME = 64 << 10;

  private Transport transport;
  private RawPeer peer;
  private Endpoint endpoint;

  @Override
  RdmaMode mode() {
    return RdmaMode.OFF;
  }

  private void connect() throws IOException {
    transport = open(KEEPALIVE);
    Listener listener = transport.listen(EndpointPair.anyPort());
    peer = RawPeer.connect(listener.address(), AS_THE_OTHER_WANTS);
    opened.add(peer);
    endpoint = listener.accept();
  }

  private void write(int type, int flags) throws IOException {
    var frame = new Frame();
    frame.type = (byte) type;
    frame.flags = (byte) flags;
    frame.credit = RawPeer.WINDOW;
    ByteBuffer bytes = ByteBuffer.allocate(Frame.BYTES);
    frame.write(bytes, 0);
    peer.write(bytes.array());
  }

  @Test
  void shouldAskOnceWhateverElseComesUntilItIsAnswered() throws Exception {
    connect();
    assertEquals(Frame.PING, peer.read(Frame.BYTES).get(0));
    write(Frame.DATA, Frame.FIRST | Frame.LAST);
    endpoint.receive().release();
    var end = assertThrows(IOException.class, () -> peer.read(Frame.BYTES), "it has asked again");
    var lost = assertThrows(TransportException.class, endpoint::receive, end.getMessage());
    assertEquals(Kind.PEER_LOST, lost.kind(), lost.getMessage());
    assertTrue(lost.getMessage().contains("said nothing"), lost.getMessage());
  }

  @Test
  void shouldAskAgainOnceItIsAnswered() throws Exception {
    connect();
    for (int i = 0; i < 4; i++) {
      assertEquals(Frame.PING, peer.read(Frame.BYTES).get(0));
      write(Frame.PONG, 0);
    }
    assertEquals(EndpointState.OPEN, endpoint.state(), () -> endpoint.cause().toString());
  }

  /** Behind what it does not take there is no room for the question. */
  @Test
  void shouldGiveUpAPeerThatTakesNothingOfAWrite() throws Exception {
    connect();
    long start = System.nanoTime();
    Operation write = startWrite();
    var lost = assertThrows(TransportException.class, write::await);
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    assertEquals(Kind.PEER_LOST, lost.kind(), lost.getMessage());
    assertTrue(lost.getMessage().contains("said nothing"), lost.getMessage());
    assertTrue(millis <= MOST_MILLIS, "it took " + millis + " ms");
    assertTrue(peer.isConnected());
  }

  private Operation startWrite() throws IOException {
    RegisteredMemory local = transport.allocate(MUCH);
    var invented = new RemoteMemory(0x1000, MUCH, 0, 1);
    var write = new Operation();
    assertTrue(endpoint.tryWrite(local, 0, invented, 0, MUCH, write));
    return write;
  }

  /** Its answer would have to wait for the frame's end. */
  @Test
  void shouldNotGiveUpAPeerWhoseLongFrameComesSlowly() throws Exception {
    connect();
    var frame = new Frame();
    frame.type = Frame.DATA;
    frame.flags = Frame.FIRST | Frame.LAST;
    frame.credit = RawPeer.WINDOW;
    frame.length = LONG_FRAME;
    frame.detail = LONG_FRAME;
    ByteBuffer header = ByteBuffer.allocate(Frame.BYTES);
    frame.write(header, 0);
    peer.write(header.array());
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LONG_MILLIS);
    while (System.nanoTime() - end < 0) {
      peer.write(new byte[1]);
      Thread.sleep(50);
    }
    assertEquals(EndpointState.OPEN, endpoint.state(), () -> endpoint.cause().toString());
    var lost = assertThrows(TransportException.class, endpoint::receive);
    assertEquals(Kind.PEER_LOST, lost.kind(), lost.getMessage());
  }

  /** It has not got the question yet, for which it cannot answer it. */
  @Test
  void shouldNotGiveUpAPeerThatTakesAWriteSlowly() throws Exception {
    connect();
    Operation write = startWrite();
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LONG_MILLIS);
    while (System.nanoTime() - end < 0) {
      peer.read(512 << 10);
      Thread.sleep(50);
    }
    assertEquals(EndpointState.OPEN, endpoint.state(), () -> endpoint.cause().toString());
    assertFalse(write.isDone());
  }
}
