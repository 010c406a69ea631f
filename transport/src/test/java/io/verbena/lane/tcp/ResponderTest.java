package io.verbena.lane.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.lane.Frame;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ResponderTest {
  /** It takes milliseconds to copy: who comes between comes in the middle. */
  private static final int BYTES = 16 << 20;

  private static final int ROUNDS = 50;

  private final MemoryDomain domain = new MemoryDomain(null);

  @AfterEach
  void close() {
    domain.close();
  }

  @Test
  void shouldNotWriteAfterAGrantIsRevoked() throws Exception {
    RegisteredMemory memory = domain.allocate(BYTES);
    int inTheMiddle = 0;
    for (int round = 0; round < ROUNDS; round++) {
      RemoteMemory granted = memory.grant(RemoteAccess.WRITE);
      memory.segment().fill((byte) 0);
      Thread writer = startWriting(granted);
      // The copy has begun.
      while (memory.segment().get(ValueLayout.JAVA_BYTE, 0) == 0) {
        Thread.onSpinWait();
      }
      inTheMiddle += memory.segment().get(ValueLayout.JAVA_BYTE, BYTES - 1) == 0 ? 1 : 0;
      assertTrue(memory.revoke(granted));
      byte last = memory.segment().get(ValueLayout.JAVA_BYTE, BYTES - 1);
      writer.join();
      assertEquals(
          last, memory.segment().get(ValueLayout.JAVA_BYTE, BYTES - 1), "written after revoke");
    }
    assertTrue(inTheMiddle > 0, "no grant was revoked while it was used");
  }

  private Thread startWriting(RemoteMemory granted) throws InterruptedException {
    ByteBuffer payload = ByteBuffer.allocateDirect(OneSided.WRITE_PREFIX + BYTES);
    payload.putLong(granted.handle()).putLong(granted.address()).position(0);
    MemorySegment inbound = MemorySegment.ofBuffer(payload);
    inbound.asSlice(OneSided.WRITE_PREFIX).fill((byte) 1);
    var started = new CountDownLatch(1);
    Thread writer =
        Thread.ofPlatform()
            .start(
                () -> {
                  try (ServerSocketChannel server =
                          ServerSocketChannel.open()
                              .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                      SocketChannel channel = SocketChannel.open(server.getLocalAddress())) {
                    var responder = new Responder(new Outbound(channel, new Chunks()), domain, 4);
                    started.countDown();
                    var header = new Frame();
                    OneSided.header(header, OneSided.WRITE, true, OneSided.WRITE_PREFIX + BYTES, 1);
                    responder.accept(header, payload, inbound);
                  } catch (IOException e) {
                    throw new IllegalStateException(e);
                  }
                });
    started.await();
    return writer;
  }

  @Test
  void shouldLetRevokingAndClosingWaitForAnAccess() throws Exception {
    RegisteredMemory memory = domain.allocate(4096);
    RemoteMemory granted = memory.grant(RemoteAccess.WRITE);
    endsAfterTheAccess(() -> memory.revoke(granted));
    endsAfterTheAccess(memory::close);
    domain.allocate(4096);
    endsAfterTheAccess(domain::close);
  }

  private void endsAfterTheAccess(Runnable action) throws InterruptedException {
    long access = domain.beginAccess();
    var ended = new AtomicBoolean();
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  action.run();
                  ended.set(true);
                });
    while (thread.getState() != Thread.State.WAITING && thread.isAlive()) {
      Thread.onSpinWait();
    }
    assertFalse(ended.get(), "it waits");
    domain.endAccess(access);
    thread.join();
    assertTrue(ended.get());
  }
}
