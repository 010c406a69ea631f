package io.verbena.samples.kv;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.Endpoint;
import io.verbena.RdmaMode;
import io.verbena.TransportException;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteMemory;
import io.verbena.samples.Pair;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The key-value store, over either link. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class KvContract {
  private final Pair pair;
  private Store store;

  KvContract(RdmaMode mode) throws IOException {
    pair = new Pair(mode);
  }

  @AfterEach
  void close() {
    pair.close();
  }

  private void serve(int places) throws IOException {
    store = new Store(pair.server.allocate((long) places * Slot.BYTES), 1 << 20);
    Thread.startVirtualThread(
        () ->
            assertThrows(
                TransportException.class, () -> KvServer.serve(pair.server, pair.listener, store)));
  }

  private KvClient client() throws IOException {
    var client = new KvClient(pair.client, pair.listener.address());
    pair.checked(client.server());
    return client;
  }

  @Test
  void shouldGetWhatWasPutBothWays() throws Exception {
    serve(4096);
    try (KvClient client = client()) {
      assertNull(client.getByMessage("name"));
      assertNull(client.getByRead("name"));
      assertEquals(1, client.asked());
      client.put("name", bytes("one"));
      assertArrayEquals(bytes("one"), client.getByMessage("name"));
      assertArrayEquals(bytes("one"), client.getByRead("name"));
      client.put("name", bytes("another"));
      assertArrayEquals(bytes("another"), client.getByRead("name"));
      client.put("name", bytes(""));
      assertArrayEquals(bytes(""), client.getByRead("name"));
      assertEquals(1, client.asked());
      assertTrue(client.delete("name"));
      assertFalse(client.delete("name"));
      assertNull(client.getByRead("name"));
    }
  }

  @Test
  void shouldAskForWhatIsNotInTheTable() throws Exception {
    serve(1);
    try (KvClient client = client()) {
      client.put("first", bytes("1"));
      client.put("second", bytes("2"));
      assertArrayEquals(bytes("2"), client.getByRead("second"));
      assertEquals(0, client.asked());
      assertArrayEquals(bytes("1"), client.getByRead("first"));
      assertEquals(1, client.asked());

      client.put("second", new byte[10_000]);
      assertArrayEquals(new byte[10_000], client.getByRead("second"));
      assertEquals(2, client.asked());
      client.put("second", bytes("short again"));
      assertArrayEquals(bytes("short again"), client.getByRead("second"));
      assertEquals(2, client.asked());
    }
  }

  @Test
  void shouldReadTornPlacesAgain() throws Exception {
    serve(1);
    byte[] key = bytes("key");
    store.put(key, new byte[480]);
    var writing = new AtomicBoolean(true);
    Thread writer =
        Thread.startVirtualThread(
            () -> {
              var value = new byte[480];
              for (int i = 0; writing.get(); i++) {
                Arrays.fill(value, (byte) i);
                assertTrue(store.put(key, value.clone()));
              }
            });
    try (KvClient client = client()) {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      int reads = 0;
      while ((client.torn() == 0 || reads < 100) && System.nanoTime() < deadline) {
        byte[] value = client.getByRead("key");
        assertNotNull(value);
        for (byte each : value) {
          assertEquals(value[0], each);
        }
        reads++;
      }
      assertTrue(client.torn() > 0, "none of %d reads was torn".formatted(reads));
    } finally {
      writing.set(false);
      writer.join();
    }
  }

  @Test
  void shouldEndTheGrantOfAClientThatLeaves() throws Exception {
    serve(16);
    KvClient leaving = client();
    RemoteMemory table = leaving.table();
    try (KvClient staying = client();
        RegisteredMemory copy = pair.client.allocate(Slot.BYTES)) {
      staying.server().read(copy, 0, table, 0, Slot.BYTES).await();
      leaving.close();
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      TransportException refusal =
          assertThrows(
              TransportException.class,
              () -> {
                while (System.nanoTime() < deadline) {
                  staying.server().read(copy, 0, table, 0, Slot.BYTES).await();
                }
              });
      assertEquals(TransportException.Kind.REMOTE_ACCESS, refusal.kind(), refusal.getMessage());
    }
  }

  @Test
  void shouldRefuseWhatIsTooMuch() throws Exception {
    serve(16);
    try (KvClient client = client()) {
      client.put("a", new byte[600_000]);
      IOException full = assertThrows(IOException.class, () -> client.put("b", new byte[600_000]));
      assertEquals("the server refuses: the store is full", full.getMessage());
      client.put("a", new byte[600_000]);
      assertTrue(client.delete("a"));
      client.put("b", new byte[600_000]);
      assertThrows(IOException.class, () -> client.put("x".repeat(256), new byte[1]));
      assertThrows(IOException.class, () -> client.put("x", new byte[(1 << 20) + 1]));
      assertNotNull(client.getByMessage("b"));
    }
  }

  @Test
  void shouldCountWhatAnEntryTakesBesideItsBytes() throws Exception {
    serve(16);
    for (int round = 0; round < 2; round++) {
      int entries = 0;
      while (entries <= 1 << 14 && store.put(bytes("" + entries), new byte[0])) {
        entries++;
      }
      assertTrue(entries > 1000 && entries <= 1 << 13, entries + " entries");
      for (int i = 0; i < entries; i++) {
        assertTrue(store.delete(bytes("" + i)));
      }
    }
  }

  @Test
  void shouldNotTakeALateAnswerForThatOfTheNextRequest() throws Exception {
    serve(16);
    try (KvClient client = client()) {
      client.put("first", bytes("1"));
      client.put("second", bytes("2"));
      Thread.currentThread().interrupt();
      TransportException interrupted =
          assertThrows(TransportException.class, () -> client.getByMessage("first"));
      assertTrue(Thread.interrupted());
      assertEquals(TransportException.Kind.TIMEOUT, interrupted.kind(), interrupted.getMessage());
      assertThrows(TransportException.class, () -> client.getByMessage("second"));
    }
  }

  @Test
  void shouldRefuseRequestsThatMakeNoSense() throws Exception {
    serve(16);
    try (Endpoint stranger = pair.connect()) {
      for (byte[] request : new byte[][] {{}, {1}, {1, 5, 1}, {77, 1, 1}, {2, 0}}) {
        stranger.send(pair.client.allocator().directBuffer().writeBytes(request));
        ByteBuf answer = stranger.receive();
        assertEquals(Protocol.REFUSED, answer.readByte(), Arrays.toString(request));
        answer.release();
      }
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
