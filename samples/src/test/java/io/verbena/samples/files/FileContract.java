package io.verbena.samples.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.Endpoint;
import io.verbena.RdmaMode;
import io.verbena.TransportException;
import io.verbena.samples.Pair;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A file arrives whole or not at all, over either link. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class FileContract {
  private static final PrintStream NOWHERE = new PrintStream(OutputStream.nullOutputStream());

  private final Pair pair;

  @TempDir private Path there;
  @TempDir private Path here;

  private Endpoint sender;
  private Endpoint receiver;

  FileContract(RdmaMode mode) throws IOException {
    pair = new Pair(mode);
  }

  @BeforeEach
  void connect() throws IOException {
    sender = pair.connect();
    receiver = pair.listener.accept();
  }

  @AfterEach
  void close() {
    pair.close();
  }

  private CompletableFuture<Path> receive(boolean overwrite) {
    var result = new CompletableFuture<Path>();
    var files = new Receiver(there, overwrite, pair.server.allocator(), NOWHERE);
    Thread.startVirtualThread(
        () -> {
          try (Endpoint from = receiver) {
            result.complete(files.receive(from));
          } catch (IOException | RuntimeException e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  private static Throwable failure(CompletableFuture<?> result) {
    return assertThrows(ExecutionException.class, () -> result.get(60, TimeUnit.SECONDS))
        .getCause();
  }

  private void send(Path file, String name) throws IOException {
    new Sender(sender, pair.client.allocator(), NOWHERE).send(file, name);
  }

  private Path file(int size) throws IOException {
    var content = new byte[size];
    new Random(size).nextBytes(content);
    return Files.write(here.resolve("file"), content);
  }

  private List<String> received() throws IOException {
    try (Stream<Path> files = Files.list(there)) {
      return files.map(each -> String.valueOf(each.getFileName())).sorted().toList();
    }
  }

  private void offer(String name, long size) throws IOException {
    ByteBuf offer = pair.client.allocator().directBuffer();
    new Offer(name, size).writeTo(offer);
    sender.send(offer);
  }

  private void sendBytes(int length) throws IOException {
    sender.send(pair.client.allocator().directBuffer(length).writeZero(length));
  }

  private String answer() throws IOException {
    ByteBuf answer = sender.receive();
    String text = answer.readByte() + answer.toString(UTF_8);
    answer.release();
    return text;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1 << 20, (3 << 20) + 5})
  void shouldCopyFiles(int size) throws Exception {
    Path file = file(size);
    CompletableFuture<Path> received = receive(false);
    send(file, "copy");
    assertEquals(there.resolve("copy"), received.get());
    assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(there.resolve("copy")));
    assertEquals(List.of("copy"), received());
  }

  @Test
  void shouldNotOverwriteUnlessTold() throws Exception {
    Files.writeString(there.resolve("copy"), "old");
    CompletableFuture<Path> received = receive(false);
    IOException refusal = assertThrows(IOException.class, () -> send(file(10), "copy"));
    String why = "copy is there already, and --overwrite was not given";
    assertEquals("the receiver refuses: " + why, refusal.getMessage());
    assertEquals(why, failure(received).getMessage());
    assertEquals("old", Files.readString(there.resolve("copy")));
    assertEquals(List.of("copy"), received());
  }

  @Test
  void shouldOverwriteWhenTold() throws Exception {
    Files.writeString(there.resolve("copy"), "old");
    CompletableFuture<Path> received = receive(true);
    send(file(10), "copy");
    assertEquals(10, Files.size(received.get()));
    assertEquals(List.of("copy"), received());
  }

  @Test
  void shouldNotReplaceWhatCameIntoBeingMeanwhile() throws Exception {
    CompletableFuture<Path> received = receive(false);
    offer("copy", 10);
    assertEquals("1", answer());
    Files.writeString(there.resolve("copy"), "new");
    sendBytes(10);
    sender.send(pair.client.allocator().directBuffer().writeInt(crc(10)));
    assertEquals("0copy came into being meanwhile", answer());
    assertEquals("copy came into being meanwhile", failure(received).getMessage());
    assertEquals("new", Files.readString(there.resolve("copy")));
    assertEquals(List.of("copy"), received());
  }

  @ParameterizedTest
  @ValueSource(strings = {"../evil", "/tmp/evil", "..", "a/b", "", "a\nb"})
  void shouldRefuseHostileNames(String name) throws Exception {
    CompletableFuture<Path> received = receive(true);
    offer(name, 10);
    String answer = answer();
    assertTrue(answer.startsWith("0the file's name must "), answer);
    failure(received);
    assertEquals(List.of(), received());
  }

  @Test
  void shouldRefuseWhatHasNoRoom() throws Exception {
    CompletableFuture<Path> received = receive(true);
    offer("copy", Long.MAX_VALUE);
    String answer = answer();
    assertTrue(answer.startsWith("0copy has 9223372036854775807 bytes, there is room"), answer);
    failure(received);
    assertEquals(List.of(), received());
  }

  @Test
  void shouldLeaveNothingOfAFileWhoseConnectionBreaks() throws Exception {
    Files.writeString(there.resolve("copy"), "old");
    CompletableFuture<Path> received = receive(true);
    offer("copy", 10 << 20);
    assertEquals("1", answer());
    sendBytes(1 << 20);
    awaitPart(1 << 20);
    sender.reset();
    var lost = (TransportException) failure(received);
    assertEquals(TransportException.Kind.PEER_LOST, lost.kind(), lost.getMessage());
    assertEquals(List.of("copy"), received());
    assertEquals("old", Files.readString(there.resolve("copy")));
  }

  /** Proves that the receiver is in the middle of the file. */
  private void awaitPart(long size) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (System.nanoTime() < deadline) {
      for (String name : received()) {
        if (name.endsWith(".part") && Files.size(there.resolve(name)) == size) {
          return;
        }
      }
      Thread.sleep(5);
    }
    throw new AssertionError("no part of that size: " + received());
  }

  @Test
  void shouldNotTakeAFileWhoseChecksumIsWrong() throws Exception {
    CompletableFuture<Path> received = receive(false);
    offer("copy", 10);
    assertEquals("1", answer());
    sendBytes(10);
    sender.send(pair.client.allocator().directBuffer().writeInt(crc(10) + 1));
    assertEquals("0the checksum is wrong", answer());
    assertEquals("the checksum is wrong", failure(received).getMessage());
    assertEquals(List.of(), received());
  }

  private static int crc(int zeros) {
    var sum = new java.util.zip.CRC32C();
    sum.update(new byte[zeros]);
    return (int) sum.getValue();
  }

  @Test
  void shouldNotTakeMoreThanWasOffered() throws Exception {
    CompletableFuture<Path> received = receive(false);
    offer("copy", 10);
    assertEquals("1", answer());
    sendBytes(11);
    assertEquals("0the sender sent other bytes than it had offered", answer());
    failure(received);
    assertEquals(List.of(), received());
  }

  @Test
  void shouldTellWhyTheReceiverGaveUpInTheMiddle() throws Exception {
    var consent = CompletableFuture.runAsync(this::giveUp);
    // More than can be on its way: the sender is still at it when the receiver closes.
    IOException refusal = assertThrows(IOException.class, () -> send(file(64 << 20), "copy"));
    assertEquals("the receiver refuses: the disk is full", refusal.getMessage());
    consent.get(10, TimeUnit.SECONDS);
  }

  private void giveUp() {
    try (Endpoint from = receiver) {
      from.receive().release();
      from.send(pair.server.allocator().directBuffer().writeByte(1));
      from.receive().release();
      ByteBuf answer = pair.server.allocator().directBuffer().writeByte(0);
      answer.writeCharSequence("the disk is full", UTF_8);
      from.send(answer);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
