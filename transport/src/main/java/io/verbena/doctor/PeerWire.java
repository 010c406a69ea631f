package io.verbena.doctor;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.verbena.Endpoint;
import io.verbena.TransportException;
import io.verbena.lane.rdma.RdmaCandidate;
import io.verbena.lane.rdma.RdmaSurvey;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What two doctors say to each other, as messages of an {@link Endpoint}. Each begins with {@code
 * u32} magic, {@code u8} version and {@code u8} kind; big-endian; texts are {@code u16} bytes of
 * UTF-8. Nothing that comes is believed before it is checked.
 *
 * <pre>
 *  prober               server
 *  greeting             what the server may write to
 *  echo        echo     {@value #ECHOES} times
 *              answer   what the server's side is like, what the prober may write to
 *  written              the prober has written
 *              verdict  whether that arrived, and how the server's own write went
 * </pre>
 */
final class PeerWire {
  /** Longest message. */
  static final int MAX_BYTES = 64 << 10;

  private static final int MAGIC = 0x56444F43;
  static final int VERSION = 1;

  private static final byte GREETING = 1;
  private static final byte ANSWER = 2;
  private static final byte WRITTEN = 3;
  private static final byte VERDICT = 4;
  private static final byte ECHO = 5;

  /** The first round trip says more about a cold program than about the way. */
  static final int ECHOES = 4;

  /** Texts are printable, and of so many characters at most. */
  private static final int MAX_TEXT = 4 * Evidence.LONGEST;

  /**
   * The prober's first message.
   *
   * @param seed of what it will write; the server writes that of the complement
   * @param memory where the server may write
   */
  record Greeting(long seed, RemoteMemory memory) {}

  /**
   * The server's answer.
   *
   * @param side what it is like
   * @param port on which it waits for rdma_cm; 0 for none
   * @param noManager why there is none
   * @param memory where the prober may write
   */
  record Answer(PeerSide side, int port, String noManager, RemoteMemory memory) {}

  /**
   * What became of both writes.
   *
   * @param arrived why what the prober wrote is not there, or empty
   * @param written why the server's write failed, or empty
   * @param nanos how long it took
   */
  record Verdict(String arrived, String written, long nanos) {}

  private final Endpoint endpoint;
  private final ByteBufAllocator allocator;

  PeerWire(Endpoint endpoint, ByteBufAllocator allocator) {
    this.endpoint = endpoint;
    this.allocator = allocator;
  }

  /** What is written into a message. */
  private interface Body {
    void write(ByteBuf out);
  }

  /** What is read from one. */
  private interface Reader<T> {
    T read(ByteBuf in) throws IOException;
  }

  void greet(Greeting greeting) throws TransportException {
    send(
        GREETING,
        out -> {
          out.writeLong(greeting.seed);
          greeting.memory.writeTo(out);
        });
  }

  Greeting readGreeting(Duration patience) throws IOException {
    return receive(GREETING, patience, in -> new Greeting(in.readLong(), memory(in)));
  }

  void echo() throws TransportException {
    send(ECHO, _ -> {});
  }

  void readEcho(Duration patience) throws IOException {
    receive(ECHO, patience, _ -> true);
  }

  void answer(Answer answer) throws TransportException {
    send(ANSWER, out -> write(answer, out));
  }

  Answer readAnswer(Duration patience) throws IOException {
    return receive(ANSWER, patience, PeerWire::answer);
  }

  void sayWritten() throws TransportException {
    send(WRITTEN, _ -> {});
  }

  void readWritten(Duration patience) throws IOException {
    receive(WRITTEN, patience, _ -> true);
  }

  void judge(Verdict verdict) throws TransportException {
    send(
        VERDICT,
        out -> {
          text(verdict.arrived, out);
          text(verdict.written, out);
          out.writeLong(verdict.nanos);
        });
  }

  Verdict readVerdict(Duration patience) throws IOException {
    return receive(VERDICT, patience, in -> new Verdict(text(in), text(in), in.readLong()));
  }

  private void send(byte kind, Body body) throws TransportException {
    ByteBuf message = allocator.directBuffer();
    boolean sent = false;
    try {
      message.writeInt(MAGIC).writeByte(VERSION).writeByte(kind);
      body.write(message);
      endpoint.send(message);
      sent = true;
    } finally {
      if (!sent) {
        message.release();
      }
    }
  }

  private <T> T receive(byte kind, Duration patience, Reader<T> reader) throws IOException {
    ByteBuf message = endpoint.receive(patience);
    try {
      return read(message, kind, reader);
    } finally {
      message.release();
    }
  }

  private static <T> T read(ByteBuf in, byte kind, Reader<T> reader) throws IOException {
    try {
      if (in.readInt() != MAGIC) {
        throw notOurs("it answers in its own way");
      }
      int version = in.readUnsignedByte();
      if (version != VERSION) {
        throw new IOException(
            "the peer's doctor speaks version %d, this one %d: use the same release"
                .formatted(version, VERSION));
      }
      if (in.readByte() != kind) {
        throw notOurs("it says what it should not say now");
      }
      return reader.read(in);
    } catch (IndexOutOfBoundsException | BufferUnderflowException e) {
      throw new IOException("the peer's message is cut off", e);
    } catch (IllegalArgumentException e) {
      throw new IOException("the peer's message is impossible: " + e.getMessage(), e);
    }
  }

  private static IOException notOurs(String why) {
    return new IOException("the peer speaks Verbena, but is no doctor: " + why);
  }

  private static void write(Answer answer, ByteBuf out) {
    PeerSide side = answer.side;
    out.writeByte(side.candidates().size());
    ByteBuffer one = ByteBuffer.allocate(RdmaCandidate.MAX_BYTES);
    for (RdmaCandidate each : side.candidates()) {
      each.write(one.clear());
      out.writeBytes(one.flip());
    }
    out.writeByte(side.declined().size());
    side.declined().forEach(each -> text(each, out));
    text(side.noRdma(), out);
    text(side.trouble(), out);
    text(side.cure(), out);
    out.writeShort(answer.port);
    text(answer.noManager, out);
    answer.memory.writeTo(out);
  }

  private static Answer answer(ByteBuf in) throws IOException {
    List<RdmaCandidate> candidates = new ArrayList<>();
    int count = checked("candidates", in.readUnsignedByte(), RdmaSurvey.MAX_CANDIDATES);
    for (int i = 0; i < count; i++) {
      ByteBuffer rest = in.nioBuffer();
      candidates.add(RdmaCandidate.read(rest));
      in.skipBytes(rest.position());
    }
    List<String> declined = new ArrayList<>();
    int others = checked("other ports", in.readUnsignedByte(), PeerSide.MOST_DECLINED);
    for (int i = 0; i < others; i++) {
      declined.add(text(in));
    }
    String noRdma = text(in);
    if (candidates.isEmpty() == noRdma.isBlank()) {
      throw new IOException("the peer's message is impossible: RDMA and a reason against it");
    }
    var side = new PeerSide(candidates, declined, noRdma, text(in), text(in));
    return new Answer(side, in.readUnsignedShort(), text(in), memory(in));
  }

  private static int checked(String what, int value, int most) throws IOException {
    if (value > most) {
      throw new IOException("the peer's message is impossible: %d %s".formatted(value, what));
    }
    return value;
  }

  private static RemoteMemory memory(ByteBuf in) throws IOException {
    RemoteMemory memory = RemoteMemory.readFrom(in);
    if (memory.length() < WriteProof.BYTES) {
      throw new IOException("the peer's message is impossible: it grants too little memory");
    }
    return memory;
  }

  private static void text(String text, ByteBuf out) {
    byte[] bytes = Evidence.printable(text).getBytes(StandardCharsets.UTF_8);
    out.writeShort(bytes.length).writeBytes(bytes);
  }

  private static String text(ByteBuf in) throws IOException {
    byte[] bytes = new byte[checked("bytes of text", in.readUnsignedShort(), MAX_TEXT)];
    in.readBytes(bytes);
    return Evidence.printable(new String(bytes, StandardCharsets.UTF_8));
  }
}
