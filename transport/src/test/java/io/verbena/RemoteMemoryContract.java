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
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What one-sided operations do, whatever the link and whoever makes the progress. */
@Timeout(120)
abstract class RemoteMemoryContract {
  private static final int BYTES = 2 << 20;

  EndpointPair pair;
  RegisteredMemory local;
  RegisteredMemory granted;

  abstract TransportConfig config();

  /** Of the side that accepts; by default the same. */
  TransportConfig serverConfig() {
    return config();
  }

  @BeforeEach
  void connect() throws IOException {
    pair = new EndpointPair(config(), serverConfig());
    local = pair.clientTransport.allocate(BYTES);
    granted = pair.serverTransport.allocate(BYTES);
  }

  @AfterEach
  void disconnect() {
    if (pair != null) {
      pair.close();
    }
  }

  private RemoteMemory all() throws IOException {
    return granted.grant(RemoteAccess.READ, RemoteAccess.WRITE, RemoteAccess.ATOMIC);
  }

  private static void fill(MemorySegment memory, long seed) {
    byte[] content = new byte[(int) memory.byteSize()];
    new Random(seed).nextBytes(content);
    memory.copyFrom(MemorySegment.ofArray(content));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 4096, 65519, 65520, 65521, 65536, 1_000_001, BYTES - 64})
  void shouldWriteToGrantedMemory(int length) throws IOException {
    fill(local.segment(), length);
    RemoteMemory remote = all();
    pair.client.write(local, 32, remote, 64, length).await();
    assertEquals(
        -1, granted.segment().asSlice(64, length).mismatch(local.segment().asSlice(32, length)));
    assertEquals(0, granted.segment().get(ValueLayout.JAVA_BYTE, 63));
    assertEquals(-1, zeroesFrom(64 + length));
  }

  private long zeroesFrom(long offset) {
    MemorySegment rest = granted.segment().asSlice(offset);
    MemorySegment zero = MemorySegment.ofArray(new byte[(int) rest.byteSize()]);
    return rest.mismatch(zero);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 4096, 65535, 65536, 65537, 1_000_001, BYTES - 64})
  void shouldReadGrantedMemory(int length) throws IOException {
    fill(granted.segment(), length);
    RemoteMemory remote = all();
    pair.client.read(local, 32, remote, 64, length).await();
    assertEquals(
        -1, granted.segment().asSlice(64, length).mismatch(local.segment().asSlice(32, length)));
    assertEquals(0, local.segment().get(ValueLayout.JAVA_BYTE, 31));
  }

  @Test
  void shouldAddAndCompareAtomically() throws IOException {
    granted.segment().set(ValueLayout.JAVA_LONG, 8, 40);
    RemoteMemory remote = all();
    assertEquals(40, pair.client.fetchAdd(remote, 8, 2).await());
    assertEquals(42, granted.segment().get(ValueLayout.JAVA_LONG, 8));
    assertEquals(42, pair.client.compareSwap(remote, 8, 41, 1).await(), "no match: no change");
    assertEquals(42, granted.segment().get(ValueLayout.JAVA_LONG, 8));
    assertEquals(42, pair.client.compareSwap(remote, 8, 42, -1).await());
    assertEquals(-1, granted.segment().get(ValueLayout.JAVA_LONG, 8));
  }

  @Test
  void shouldShowWhatWasWrittenBeforeAMessageWhenTheMessageArrives() throws IOException {
    RemoteMemory remote = all();
    for (int round = 1; round <= 20; round++) {
      local.segment().fill((byte) round);
      Operation write = pair.client.write(local, 0, remote, 0, BYTES);
      pair.client.send(EndpointPair.number(round));
      ByteBuf message = pair.server.receive();
      message.release();
      assertEquals(round, granted.segment().get(ValueLayout.JAVA_BYTE, BYTES - 1));
      write.await();
    }
  }

  @Test
  void shouldHaveManyOperationsUnderWay() throws IOException {
    RemoteMemory remote = all();
    fill(local.segment(), 3);
    List<Operation> operations = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      var operation = new Operation();
      while (!pair.client.tryWrite(local, i * 1000L, remote, i * 1000L, 1000, operation)) {
        assertFalse(operation.isDone());
        pair.client.poll();
      }
      operations.add(operation);
    }
    for (Operation operation : operations) {
      operation.await();
    }
    assertEquals(
        -1,
        granted.segment().asSlice(0, 2_000_000).mismatch(local.segment().asSlice(0, 2_000_000)));
  }

  @Test
  void shouldCompleteAFuture() throws Exception {
    RemoteMemory remote = all();
    granted.segment().set(ValueLayout.JAVA_LONG, 0, 5);
    Operation operation = pair.client.fetchAdd(remote, 0, 1);
    assertEquals(5, operation.toFuture().get(30, TimeUnit.SECONDS));
    assertEquals(5, operation.toFuture().get(), "done already");
  }

  /** Its dependents run on no thread that others wait for. */
  @Test
  void shouldLetDependentsOfAFutureWait() throws Exception {
    RemoteMemory remote = all();
    var first = new Operation();
    while (!pair.client.tryFetchAdd(remote, 0, 1, first)) {
      pair.client.poll();
    }
    CompletableFuture<Long> second =
        first
            .toFuture()
            .thenApply(
                previous -> {
                  try {
                    return pair.client.fetchAdd(remote, 0, 1).await() - previous;
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
    first.await();
    assertEquals(1, second.get(30, TimeUnit.SECONDS));
  }

  @Test
  void shouldCheckRangesAndAlignmentBeforeAnythingIsSent() throws IOException {
    RemoteMemory remote = all();
    assertThrows(
        IndexOutOfBoundsException.class, () -> pair.client.write(local, 0, remote, BYTES, 1));
    assertThrows(
        IndexOutOfBoundsException.class, () -> pair.client.read(local, BYTES - 1, remote, 0, 2));
    assertThrows(IndexOutOfBoundsException.class, () -> pair.client.read(local, -1, remote, 0, 1));
    assertThrows(IndexOutOfBoundsException.class, () -> pair.client.fetchAdd(remote, BYTES - 7, 1));
    assertThrows(IllegalArgumentException.class, () -> pair.client.fetchAdd(remote, 4, 1));
    pair.client.write(local, 0, remote, 0, 1).await();
  }

  @Test
  void shouldRefuseWhatWasNotGranted() throws IOException {
    RemoteMemory readOnly = granted.grant(RemoteAccess.READ);
    Operation write = pair.client.write(local, 0, readOnly, 0, 8);
    assertEquals(Kind.REMOTE_ACCESS, assertThrows(TransportException.class, write::await).kind());
    assertEquals(-1, zeroesFrom(0));
  }

  @Test
  void shouldRefuseWhatWasRevoked() throws IOException {
    RemoteMemory remote = all();
    pair.client.write(local, 0, remote, 0, 8).await();
    assertTrue(granted.revoke(remote));
    assertFalse(granted.revoke(remote));
    Operation read = pair.client.read(local, 0, remote, 0, 8);
    assertEquals(Kind.REMOTE_ACCESS, assertThrows(TransportException.class, read::await).kind());
  }

  @Test
  void shouldRefuseMemoryThatWasNeverGranted() throws IOException {
    var invented = new RemoteMemory(granted.segment().address(), BYTES, 0x12345678, 0x1234);
    Operation write = pair.client.write(local, 0, invented, 0, 8);
    assertEquals(Kind.REMOTE_ACCESS, assertThrows(TransportException.class, write::await).kind());
  }

  /** What a lane refuses leaves no operation behind that would end the endpoint at its deadline. */
  @Test
  void shouldRefuseClosedLocalMemoryAndGoOn() throws IOException {
    RemoteMemory remote = all();
    RegisteredMemory gone = pair.clientTransport.allocate(4096);
    gone.close();
    for (int i = 0; i < 300; i++) {
      var operation = new Operation();
      try {
        pair.client.tryRead(gone, 0, remote, 0, 4096, operation);
        operation.await();
      } catch (IllegalStateException | TransportException e) {
        assertFalse(e.getMessage().isBlank());
      }
    }
    pair.client.read(local, 0, remote, 0, 4096).await();
  }

  @Test
  void shouldStopServingAGrantThatIsRevokedWhileItIsRead() throws IOException {
    RemoteMemory remote = all();
    List<Operation> reads = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      reads.add(pair.client.read(local, 0, remote, 0, BYTES));
    }
    granted.revoke(remote);
    for (Operation read : reads) {
      try {
        read.await();
      } catch (TransportException e) {
        assertEquals(Kind.REMOTE_ACCESS, e.kind());
      }
    }
  }

  @Test
  void shouldEndEveryOperationWhenTheEndpointIsClosed() throws IOException {
    RemoteMemory remote = all();
    List<Operation> operations = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      operations.add(pair.client.read(local, 0, remote, 0, BYTES));
    }
    pair.client.close();
    for (Operation operation : operations) {
      assertTrue(operation.isDone());
      try {
        assertEquals(0, operation.result());
      } catch (TransportException e) {
        assertEquals(Kind.CLOSED, e.kind());
      }
    }
  }
}
