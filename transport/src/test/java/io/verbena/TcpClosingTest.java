package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.TransportException.Kind;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Closing over TCP while the peer's program does something else. */
@Timeout(120)
class TcpClosingTest {
  private static final TransportConfig CALLER =
      TransportConfig.defaults().withRdma(RdmaMode.OFF).withProgress(Progress.CALLER);

  @TempDir private Path folder;

  /** Data would be lost that the kernel still has if the socket were closed before. */
  @Test
  void shouldWaitForAPeerThatIsBusyForSomeSeconds() throws Exception {
    try (var pair = EndpointPair.withoutPollers(CALLER.withCloseTimeout(Duration.ofSeconds(60)))) {
      int count = 1000;
      for (int i = 0; i < count; i++) {
        pair.client.send(EndpointPair.number(i));
      }
      CompletableFuture<Void> closing = inThread(pair.client::close);
      assertThrows(TimeoutException.class, () -> closing.get(2, TimeUnit.SECONDS));
      for (int i = 0; i < count; i++) {
        ByteBuf message = pair.server.receive();
        assertEquals(i, message.readLong());
        message.release();
      }
      assertEquals(
          Kind.PEER_CLOSED, assertThrows(TransportException.class, pair.server::receive).kind());
      pair.server.close();
      closing.get(60, TimeUnit.SECONDS);
    }
  }

  @Test
  void shouldSayThatThePeerMayLackSomething() throws IOException {
    Path file = folder.resolve("close.jfr");
    try (var recording = new Recording();
        var pair = EndpointPair.withoutPollers(CALLER.withCloseTimeout(Duration.ofMillis(100)))) {
      recording.enable("io.verbena.Close");
      recording.start();
      pair.client.send(EndpointPair.number(1));
      pair.client.close();
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> events = RecordingFile.readAllEvents(file);
    assertEquals(1, events.size());
    assertEquals("TIMEOUT", events.getFirst().getString("kind"));
    assertTrue(
        events.getFirst().getString("cause").contains("before the peer had confirmed"),
        events.toString());
  }

  @Test
  void shouldResetAtOnceWhatIsBeingClosed() throws Exception {
    try (var pair = EndpointPair.withoutPollers(CALLER.withCloseTimeout(Duration.ofMinutes(10)))) {
      CompletableFuture<Void> closing = inThread(pair.client::close);
      assertThrows(TimeoutException.class, () -> closing.get(100, TimeUnit.MILLISECONDS));
      CompletableFuture<Void> resetting = inThread(pair.client::reset);
      resetting.get(30, TimeUnit.SECONDS);
      closing.get(30, TimeUnit.SECONDS);
      assertEquals(EndpointState.CLOSED, pair.client.state());
      pair.server.reset();
    }
  }

  /** The memory is closed when most of it is still to be sent. */
  @Test
  void shouldTellNobodyOfAWriteThatWasTorn() throws Exception {
    try (var pair = EndpointPair.withoutPollers(CALLER)) {
      var heard = new ProgramTold();
      pair.server.handle(heard);
      RegisteredMemory source = pair.clientTransport.allocate(64 << 20);
      RegisteredMemory target = pair.serverTransport.allocate(64 << 20);
      RemoteMemory grant = target.grant(RemoteAccess.WRITE);
      var torn = new Operation();
      assertTrue(pair.client.tryWriteAndNotify(source, 0, grant, 0, 64 << 20, 1, torn));
      source.close();
      awaitBoth(pair, torn);
      assertEquals(Kind.LOCAL_ACCESS, assertThrows(TransportException.class, torn::await).kind());
      RegisteredMemory other = pair.clientTransport.allocate(8);
      var whole = new Operation();
      assertTrue(pair.client.tryWriteAndNotify(other, 0, grant, 0, 8, 2, whole));
      awaitBoth(pair, whole);
      while (heard.value == 0) {
        pair.server.poll();
        pair.client.poll();
      }
      assertEquals(2, heard.value);
      assertFalse(heard.isTwice);
      pair.client.reset();
      pair.server.reset();
    }
  }

  /** Not in the common pool, which may have one thread only. */
  private static CompletableFuture<Void> inThread(Runnable task) {
    return CompletableFuture.runAsync(task, each -> Thread.ofPlatform().daemon().start(each));
  }

  private static void awaitBoth(EndpointPair pair, Operation operation) {
    while (!operation.isDone()) {
      pair.client.poll();
      pair.server.poll();
    }
  }

  private static final class ProgramTold implements MessageHandler {
    int value;
    boolean isTwice;

    @Override
    public void message(Endpoint from, ByteBuf message) {
      message.release();
    }

    @Override
    public void notified(Endpoint from, int number) {
      isTwice = value != 0;
      value = number;
    }
  }
}
