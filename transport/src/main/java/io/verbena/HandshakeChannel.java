package io.verbena;

import io.verbena.TransportException.Kind;
import io.verbena.lane.rdma.RdmaOffer;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The messages of the handshake over a blocking socket, each before one common deadline. Reads take
 * exactly what belongs to the handshake: what follows is the lane's.
 */
final class HandshakeChannel {
  private static final String CHOICE = "choice";
  private static final String OFFER = "offer";

  /** Of a message that is not a hello: one byte and a text, or fewer. */
  private static final int MAX_ANSWER = 1 + Short.BYTES + WireText.MAX_BYTES;

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
    return readHello(deadline);
  }

  /** Reads a hello that has to be here by a time before the deadline. */
  Hello readHello(long by) throws IOException {
    ByteBuffer prefix = read(Hello.PREFIX, "hello", by);
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
      return Hello.decode(read(length, "hello", by));
    } catch (TransportException e) {
      throw e;
    } catch (IOException e) {
      throw notOurs(e);
    }
  }

  void writeChoice(RdmaChoice choice) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(MAX_ANSWER);
    choice.write(out);
    write(out.flip());
  }

  RdmaChoice readChoice() throws IOException {
    if (read(1, CHOICE).get() == 0) {
      return new RdmaChoice(null, readText(CHOICE));
    }
    return new RdmaChoice(RdmaChoice.readPair(read(RdmaChoice.PAIR_BYTES, CHOICE)), "");
  }

  /** Writes what the peer needs to connect its queue pair; or why there is none. */
  void writeOffer(@Nullable RdmaOffer offer, String problem) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(MAX_ANSWER);
    out.put((byte) (offer == null ? 0 : 1));
    if (offer == null) {
      WireText.put(out, problem);
    } else {
      offer.write(out);
    }
    write(out.flip());
  }

  /** The peer's offer, or why it has none. */
  PeerOffer readOffer() throws IOException {
    if (read(1, OFFER).get() == 0) {
      return new PeerOffer(null, orNoReason(readText(OFFER)));
    }
    try {
      return new PeerOffer(RdmaOffer.read(read(RdmaOffer.BYTES, OFFER)), "");
    } catch (TransportException e) {
      throw e;
    } catch (IOException e) {
      throw notOurs(e);
    }
  }

  /**
   * What came instead of, or as, an offer.
   *
   * @param offer what to connect to, or null
   * @param problem why it is null
   */
  record PeerOffer(@Nullable RdmaOffer offer, String problem) {}

  /** Says whether this side agrees to the next step; an empty text means that it does. */
  void writeVerdict(String objection) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(MAX_ANSWER);
    out.put((byte) (objection.isEmpty() ? 1 : 0));
    WireText.put(out, objection);
    write(out.flip());
  }

  /** The peer's objection to the next step, empty if it agrees. */
  String readVerdict() throws IOException {
    boolean agrees = read(1, "answer").get() != 0;
    String objection = readText("answer");
    return agrees ? "" : orNoReason(objection);
  }

  private static String orNoReason(String text) {
    return text.isEmpty() ? "no reason given" : text;
  }

  private String readText(String what) throws IOException {
    ByteBuffer prefix = read(Short.BYTES, what);
    int length = Short.toUnsignedInt(prefix.getShort(0));
    if (length > WireText.MAX_BYTES) {
      throw new TransportException(
          Kind.HANDSHAKE, "the peer does not speak this protocol: a text of " + length);
    }
    ByteBuffer text = ByteBuffer.allocate(Short.BYTES + length).put(prefix);
    text.put(read(length, what)).flip();
    try {
      return WireText.get(text);
    } catch (IOException e) {
      throw notOurs(e);
    }
  }

  private static TransportException notOurs(IOException e) {
    return new TransportException(
        Kind.HANDSHAKE, "the peer does not speak this protocol: " + e.getMessage(), e);
  }

  private ByteBuffer read(int bytes, String what) throws IOException {
    return read(bytes, what, deadline);
  }

  private ByteBuffer read(int bytes, String what, long by) throws IOException {
    ByteBuffer into = ByteBuffer.allocate(bytes);
    var in = channel.socket().getInputStream();
    while (into.hasRemaining()) {
      long left = TimeUnit.NANOSECONDS.toMillis(by - System.nanoTime());
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
