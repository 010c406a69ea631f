package io.verbena.samples.kv;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.verbena.Endpoint;
import io.verbena.Transport;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteMemory;
import io.verbena.samples.Printable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** A client of the store, for one thread. */
final class KvClient implements AutoCloseable {
  /** A place that is torn so often is being written all the time: then the server is asked. */
  private static final int ATTEMPTS = 16;

  private final Transport transport;
  private final Endpoint server;
  private final RemoteMemory table;
  private final int places;

  /** Where reads put a place's copy. */
  private final RegisteredMemory copy;

  private long torn;
  private long asked;

  KvClient(Transport transport, InetSocketAddress address) throws IOException {
    this.transport = transport;
    this.server = transport.connect(address);
    RemoteMemory granted;
    try {
      ByteBuf answer = ask(Protocol.TABLE, new byte[0], new byte[0]);
      try {
        granted = RemoteMemory.readFrom(answer);
      } catch (IllegalArgumentException e) {
        throw new IOException("the peer is no kv-server: " + e.getMessage(), e);
      } finally {
        answer.release();
      }
      if (granted.length() < Slot.BYTES) {
        throw new IOException("the peer is no kv-server: its table has no place");
      }
      copy = transport.allocate(Slot.BYTES);
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
    table = granted;
    places = (int) Math.min(granted.length() / Slot.BYTES, Integer.MAX_VALUE);
  }

  Endpoint server() {
    return server;
  }

  RemoteMemory table() {
    return table;
  }

  /** Copies that were torn, and therefore read again. */
  long torn() {
    return torn;
  }

  /** Gets by read that had to ask the server: keys that are not in the table. */
  long asked() {
    return asked;
  }

  void put(String key, byte[] value) throws IOException {
    ask(Protocol.PUT, bytes(key), value).release();
  }

  /** Returns whether there was a value. */
  boolean delete(String key) throws IOException {
    ByteBuf answer = askOrNull(Protocol.DELETE, bytes(key), new byte[0]);
    if (answer == null) {
      return false;
    }
    answer.release();
    return true;
  }

  /** Asks the server for a value: two messages, and work for the server's processor. */
  byte @Nullable [] getByMessage(String key) throws IOException {
    return getByMessage(bytes(key));
  }

  private byte @Nullable [] getByMessage(byte[] key) throws IOException {
    ByteBuf answer = askOrNull(Protocol.GET, key, new byte[0]);
    if (answer == null) {
      return null;
    }
    try {
      var value = new byte[answer.readableBytes()];
      answer.readBytes(value);
      return value;
    } finally {
      answer.release();
    }
  }

  /**
   * Reads a value out of the server's table: over RDMA the server's processor has no part in that.
   * The server is asked only for what is not in the table.
   */
  byte @Nullable [] getByRead(String name) throws IOException {
    byte[] key = bytes(name);
    MemorySegment slot = copy.segment();
    long offset = (long) Slot.placeOf(key, places) * Slot.BYTES;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      server.read(copy, 0, table, offset, Slot.BYTES).await();
      if (!Slot.isWhole(slot)) {
        torn++;
        continue;
      }
      if (Slot.holds(slot, key)) {
        return Slot.value(slot);
      }
      break;
    }
    asked++;
    return getByMessage(key);
  }

  private static byte[] bytes(String key) throws IOException {
    byte[] bytes = key.getBytes(UTF_8);
    if (bytes.length == 0 || bytes.length > Protocol.MOST_KEY_BYTES) {
      throw new IOException("a key has 1 to 255 bytes, this one has " + bytes.length);
    }
    return bytes;
  }

  private ByteBuf ask(int what, byte[] key, byte[] value) throws IOException {
    ByteBuf answer = askOrNull(what, key, value);
    if (answer == null) {
      throw new IOException("the peer is no kv-server: it has no answer");
    }
    return answer;
  }

  /** Sends a request; returns the answer without its first byte, or null for ABSENT. */
  private @Nullable ByteBuf askOrNull(int what, byte[] key, byte[] value) throws IOException {
    if (value.length > Protocol.MOST_VALUE_BYTES) {
      throw new IOException(
          "a value has at most %d bytes, this one has %d"
              .formatted(Protocol.MOST_VALUE_BYTES, value.length));
    }
    ByteBuf request = transport.allocator().directBuffer(2 + key.length + value.length);
    request.writeByte(what).writeByte(key.length).writeBytes(key).writeBytes(value);
    try {
      server.send(request);
    } catch (IOException | RuntimeException e) {
      request.release();
      throw e;
    }
    ByteBuf answer;
    try {
      answer = server.receive();
    } catch (IOException | RuntimeException e) {
      server.reset(); // the answer may still come, and would be taken for the next request's
      throw e;
    }
    int how = answer.isReadable() ? answer.readUnsignedByte() : Protocol.REFUSED;
    if (how == Protocol.DONE) {
      return answer;
    }
    String why = answer.toString(UTF_8);
    answer.release();
    if (how == Protocol.ABSENT) {
      return null;
    }
    throw new IOException("the server refuses: " + Printable.of(why));
  }

  @Override
  public void close() {
    server.close();
    copy.close();
  }
}
