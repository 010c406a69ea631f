package io.verbena;

import io.verbena.TransportException.Kind;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * The messages of the handshake over a blocking socket, each before one common deadline. Reads take
 * exactly what belongs to the handshake: what follows is the lane's.
 */
final class HandshakeChannel {
  private static final int VERDICT_PREFIX = 3;
  private static final int MAX_VERDICT = 1024;

  private final SocketChannel channel;
  private final long deadline;

  HandshakeChannel(SocketChannel channel, long deadline) {
    this.channel = channel;
    this.deadline = deadline;
  }

  long deadline() {
    return deadline;
  }

  void write(ByteBuffer bytes) throws IOException {
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (SocketException | ClosedChannelException e) {
      throw broken(e);
    }
  }

  Hello readHello() throws IOException {
    ByteBuffer prefix = read(Hello.PREFIX, "hello");
    if (prefix.getInt(0) != Hello.MAGIC) {
      throw new TransportException(
          Kind.HANDSHAKE, "the peer is not Verbena: it sent \"%s\"".formatted(printable(prefix)));
    }
    int length = Short.toUnsignedInt(prefix.getShort(4));
    if (length > Hello.MAX_BODY) {
      throw new TransportException(
          Kind.HANDSHAKE, "the peer is not Verbena: its hello has %d bytes".formatted(length));
    }
    try {
      return Hello.decode(read(length, "hello"));
    } catch (TransportException e) {
      throw e;
    } catch (IOException e) {
      throw new TransportException(
          Kind.HANDSHAKE, "the peer does not speak this protocol: " + e.getMessage(), e);
    }
  }

  /** Says whether this side agrees to the next step; an empty text means that it does. */
  void writeVerdict(String objection) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(MAX_VERDICT);
    out.put((byte) (objection.isEmpty() ? 1 : 0));
    Hello.putText(out, objection);
    write(out.flip());
  }

  /** The peer's objection to the next step, empty if it agrees. */
  String readVerdict() throws IOException {
    ByteBuffer prefix = read(VERDICT_PREFIX, "answer");
    int length = Short.toUnsignedInt(prefix.getShort(1));
    if (length > MAX_VERDICT) {
      throw new TransportException(
          Kind.HANDSHAKE, "the peer does not speak this protocol: an answer of " + length);
    }
    ByteBuffer text = read(length, "answer");
    if (prefix.get(0) != 0) {
      return "";
    }
    ByteBuffer joined = ByteBuffer.allocate(2 + length).putShort((short) length).put(text).flip();
    String objection = Hello.getText(joined);
    return objection.isEmpty() ? "no reason given" : objection;
  }

  private ByteBuffer read(int bytes, String what) throws IOException {
    ByteBuffer into = ByteBuffer.allocate(bytes);
    var in = channel.socket().getInputStream();
    while (into.hasRemaining()) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        throw silent(what);
      }
      channel.socket().setSoTimeout((int) Math.min(left, Integer.MAX_VALUE));
      try {
        int count = in.read(into.array(), into.position(), into.remaining());
        if (count < 0) {
          throw new TransportException(
              Kind.HANDSHAKE,
              "the peer closed the connection before its " + what + ": is it Verbena?");
        }
        into.position(into.position() + count);
      } catch (SocketTimeoutException e) {
        throw silent(what);
      } catch (SocketException e) {
        throw broken(e);
      }
    }
    return into.flip();
  }

  private static TransportException broken(IOException e) {
    return new TransportException(
        Kind.HANDSHAKE, "the connection broke during the handshake: " + e.getMessage(), e);
  }

  private static TransportException silent(String what) {
    return new TransportException(
        Kind.HANDSHAKE, "the peer sent no " + what + " before the deadline: is it Verbena?");
  }

  private static String printable(ByteBuffer bytes) {
    return StandardCharsets.ISO_8859_1
        .decode(bytes.duplicate())
        .toString()
        .replaceAll("[^\\x20-\\x7e]", "?");
  }
}
