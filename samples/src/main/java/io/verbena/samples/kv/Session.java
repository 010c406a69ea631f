package io.verbena.samples.kv;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.verbena.Endpoint;
import io.verbena.TransportException;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One client's requests, answered one after the other. */
final class Session {
  /** A client may be idle as long as it likes: the endpoint ends when it is gone. */
  private static final Duration FOREVER = Duration.ofDays(10_000);

  private final Endpoint client;
  private final ByteBufAllocator allocator;
  private final Store store;
  private @Nullable RemoteMemory granted;

  Session(Endpoint client, ByteBufAllocator allocator, Store store) {
    this.client = client;
    this.allocator = allocator;
    this.store = store;
  }

  /** Ends with an exception, if only because the client has gone. */
  void run() throws IOException {
    try {
      while (true) {
        ByteBuf request = client.receive(FOREVER);
        ByteBuf answer;
        try {
          answer = answerTo(request);
        } finally {
          request.release();
        }
        try {
          client.send(answer);
        } catch (TransportException | RuntimeException e) {
          answer.release();
          throw e;
        }
      }
    } finally {
      if (granted != null) {
        store.table().revoke(granted);
      }
    }
  }

  private ByteBuf answerTo(ByteBuf request) throws IOException {
    ByteBuf answer = allocator.directBuffer();
    try {
      answer(request, answer);
      return answer;
    } catch (IOException | RuntimeException e) {
      answer.release();
      throw e;
    }
  }

  private void answer(ByteBuf request, ByteBuf answer) throws IOException {
    int bytes = request.readableBytes();
    if (bytes < 2 || bytes < 2 + request.getUnsignedByte(1)) {
      refuse(answer, "the request is too short");
      return;
    }
    int what = request.readUnsignedByte();
    var key = new byte[request.readUnsignedByte()];
    request.readBytes(key);
    switch (what) {
      case Protocol.GET -> {
        byte[] value = store.get(key);
        answer.writeByte(value == null ? Protocol.ABSENT : Protocol.DONE);
        if (value != null) {
          answer.writeBytes(value);
        }
      }
      case Protocol.PUT -> put(key, request, answer);
      case Protocol.DELETE -> answer.writeByte(store.delete(key) ? Protocol.DONE : Protocol.ABSENT);
      case Protocol.TABLE -> {
        answer.writeByte(Protocol.DONE);
        grant().writeTo(answer);
      }
      default -> refuse(answer, "there is no request " + what);
    }
  }

  private void put(byte[] key, ByteBuf request, ByteBuf answer) {
    if (key.length == 0 || request.readableBytes() > Protocol.MOST_VALUE_BYTES) {
      refuse(answer, "a key has 1 to 255 bytes, a value at most " + Protocol.MOST_VALUE_BYTES);
      return;
    }
    var value = new byte[request.readableBytes()];
    request.readBytes(value);
    if (store.put(key, value)) {
      answer.writeByte(Protocol.DONE);
    } else {
      refuse(answer, "the store is full");
    }
  }

  private static void refuse(ByteBuf answer, String why) {
    answer.writeByte(Protocol.REFUSED).writeCharSequence(why, UTF_8);
  }

  /** Each client has a grant of its own, which ends with it; it allows to read, not to write. */
  private RemoteMemory grant() throws IOException {
    RemoteMemory known = granted;
    if (known == null) {
      known = client.grant(store.table(), RemoteAccess.READ);
      granted = known;
    }
    return known;
  }

  /** For the server's output. */
  static String text(TransportException cause) {
    return cause.kind() == TransportException.Kind.PEER_CLOSED
        ? "gone"
        : String.valueOf(cause.getMessage());
  }
}
