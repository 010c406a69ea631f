package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Virtual threads that wait for endpoints leave their carriers to others. */
@Timeout(120)
abstract class VirtualThreadContract {
  private static final String PINNED = "jdk.VirtualThreadPinned";
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int BYTES = 100_000;

  @TempDir private Path folder;

  abstract TransportConfig config();

  /** How many conversations there are, each with a thread at each end: more than carriers. */
  abstract int conversations();

  /** How often each does everything. */
  abstract int rounds();

  /** Parks where a virtual thread cannot: in the initializer of a class. */
  private static final class Pin {
    static final long PARKED = parked();

    private static long parked() {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      return 1;
    }
  }

  @Test
  void shouldNeverPinAThreadThatWaits() throws Exception {
    // Who comes first loads classes, and is pinned while another thread does the same.
    converse();
    Path file = folder.resolve("pinned.jfr");
    try (var recording = new Recording()) {
      recording.enable(PINNED).withThreshold(Duration.ZERO).withStackTrace();
      recording.start();
      converse();
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        assertEquals(1, threads.submit(() -> Pin.PARKED).get());
      }
      recording.stop();
      recording.dump(file);
    }
    List<String> pinned =
        RecordingFile.readAllEvents(file).stream()
            .filter(each -> each.getEventType().getName().equals(PINNED))
            .map(RecordedEvent::toString)
            .filter(each -> each.contains("io.verbena") && !each.contains("loadClass("))
            .toList();
    String control = Pin.class.getName().replace('$', '.');
    assertTrue(
        pinned.stream().anyMatch(each -> each.replace('$', '.').contains(control)),
        () -> "the one that was pinned on purpose was not recorded: " + pinned);
    assertEquals(1, pinned.size(), pinned::toString);
  }

  /** All wait at once, for messages that come only when every one of them does. */
  @Test
  void shouldLetOthersRunWhileManyWait() throws Exception {
    try (Transport server = Transport.open(config());
        Transport client = Transport.open(config());
        Listener listener = server.listen(EndpointPair.anyPort());
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var waiting = new CountDownLatch(conversations());
      List<Endpoint> ends = new ArrayList<>();
      List<Future<Long>> received = new ArrayList<>();
      for (int i = 0; i < conversations(); i++) {
        ends.add(client.connect(listener.address()));
        Endpoint accepted = listener.accept();
        received.add(
            threads.submit(
                () -> {
                  waiting.countDown();
                  ByteBuf message = accepted.receive(PATIENCE);
                  long number = message.readLong();
                  message.release();
                  return number;
                }));
      }
      assertTrue(waiting.await(PATIENCE.toSeconds(), TimeUnit.SECONDS), "not all could start");
      for (int i = 0; i < conversations(); i++) {
        assertFalse(received.get(i).isDone());
        Endpoint end = ends.get(i);
        long number = i;
        threads.submit(() -> sendNumber(end, number)).get();
      }
      for (int i = 0; i < conversations(); i++) {
        assertEquals(i, received.get(i).get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
      }
    }
  }

  private static boolean sendNumber(Endpoint end, long number) throws TransportException {
    end.send(EndpointPair.number(number));
    return true;
  }

  private void converse() throws IOException, InterruptedException, ExecutionException {
    try (Transport server = Transport.open(config());
        Transport client = Transport.open(config());
        Listener listener = server.listen(EndpointPair.anyPort());
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> ends = new ArrayList<>();
      for (int i = 0; i < conversations(); i++) {
        ends.add(threads.submit(() -> serve(server, listener)));
        ends.add(threads.submit(() -> ask(client, listener)));
      }
      for (Future<Boolean> each : ends) {
        assertTrue(each.get());
      }
    }
  }

  /** Grants memory, and sends every message back. */
  private boolean serve(Transport transport, Listener listener) throws IOException {
    try (Endpoint endpoint = listener.accept(PATIENCE);
        RegisteredMemory memory = transport.allocate(BYTES)) {
      RemoteMemory granted =
          endpoint.grant(memory, RemoteAccess.READ, RemoteAccess.WRITE, RemoteAccess.ATOMIC);
      ByteBuf grant = transport.allocator().directBuffer();
      granted.writeTo(grant);
      endpoint.send(grant);
      for (int i = 0; i < 2 * rounds(); i++) {
        endpoint.send(endpoint.receive());
      }
      endpoint.receive().release();
    }
    return true;
  }

  private boolean ask(Transport transport, Listener listener) throws IOException {
    try (Endpoint endpoint = transport.connect(listener.address());
        RegisteredMemory memory = transport.allocate(BYTES)) {
      ByteBuf grant = endpoint.receive();
      RemoteMemory remote = RemoteMemory.readFrom(grant);
      grant.release();
      for (int i = 0; i < rounds(); i++) {
        for (int bytes : new int[] {64, BYTES}) {
          endpoint.send(transport.allocator().directBuffer(bytes).writeZero(bytes));
          ByteBuf echo = endpoint.receive();
          assertEquals(bytes, echo.readableBytes());
          echo.release();
        }
        endpoint.write(memory, 0, remote, 0, BYTES).await();
        endpoint.read(memory, 0, remote, 0, BYTES).await();
        endpoint.writeAndNotify(memory, 0, remote, 0, 64, i).await();
        endpoint.fetchAdd(remote, 0, 1).await();
        endpoint.compareSwap(remote, 8, 0, 0).await();
        endpoint.flush();
      }
      endpoint.send(transport.allocator().directBuffer());
    }
    return true;
  }
}
