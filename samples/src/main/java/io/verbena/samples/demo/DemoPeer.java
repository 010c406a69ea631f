package io.verbena.samples.demo;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.verbena.Endpoint;
import io.verbena.Listener;
import io.verbena.Transport;
import io.verbena.TransportException;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.samples.Complaints;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The demo's second process: does what it is asked until the endpoint is closed. */
final class DemoPeer {
  /** The demo is over long before; a request may take that long to come. */
  private static final Duration IDLE_TIMEOUT = Duration.ofMinutes(2);

  private final Transport transport;
  private final Endpoint endpoint;
  private @Nullable RegisteredMemory memory;
  private long counted;

  private DemoPeer(Transport transport, Endpoint endpoint) {
    this.transport = transport;
    this.endpoint = endpoint;
  }

  /**
   * Listens, says where, serves one endpoint and ends.
   *
   * @param args of {@link DemoCommand#config}
   */
  public static void main(String... args) {
    endWithParent();
    if (Complaints.areDetailsWanted()) {
      Complaints.showDetails();
    }
    int status = 0;
    try (Transport transport = Transport.open(DemoCommand.config(args[0], args[1]));
        Listener listener =
            transport.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      System.out.println(PeerProcess.PORT + listener.address().getPort());
      try (Endpoint endpoint = listener.accept()) {
        new DemoPeer(transport, endpoint).serve();
      }
    } catch (IOException | RuntimeException e) {
      status = Complaints.report(e);
    }
    System.exit(status);
  }

  /** Whatever happens to the demo, this process does not stay behind. */
  private static void endWithParent() {
    Thread.ofPlatform()
        .daemon()
        .name("parent-watch")
        .start(
            () -> {
              try {
                while (System.in.read() >= 0) {
                  // Nothing is ever sent.
                }
              } catch (IOException e) {
                // As good as the end.
              }
              Runtime.getRuntime().halt(1);
            });
  }

  private void serve() throws IOException {
    try {
      while (true) {
        answer(endpoint.receive(IDLE_TIMEOUT));
      }
    } catch (TransportException e) {
      if (e.kind() != TransportException.Kind.PEER_CLOSED) {
        throw e;
      }
    }
  }

  private void answer(ByteBuf message) throws IOException {
    Request request = Request.of(message);
    if (request == Request.ECHO) {
      endpoint.send(message);
      return;
    }
    try {
      switch (request) {
        case ECHO -> throw new AssertionError();
        case COUNT -> counted += message.readableBytes();
        case TOTAL -> {
          send(counted);
          counted = 0;
        }
        case CHECK_MESSAGE -> checkMessage(message.getLong(1));
        case GRANT -> grant(message.getLong(1), message.getLong(9));
        case CHECK_MEMORY -> send(Pattern.mismatch(content(), message.getLong(1)));
        case COUNTER -> send(counter());
      }
    } finally {
      message.release();
    }
  }

  private void checkMessage(long seed) throws IOException {
    ByteBuf content = endpoint.receive();
    endpoint.send(Unpooled.EMPTY_BUFFER);
    int length = content.readableBytes();
    long mismatch = Pattern.mismatch(segment(content), seed);
    content.release();
    send(mismatch);
    endpoint.send(message(transport, length, seed + 1));
  }

  private void grant(long length, long seed) throws IOException {
    memory = transport.allocate(length);
    Pattern.fill(content(), seed);
    ByteBuf answer = transport.allocator().directBuffer();
    endpoint
        .grant(memory, RemoteAccess.READ, RemoteAccess.WRITE, RemoteAccess.ATOMIC)
        .writeTo(answer);
    endpoint.send(answer);
  }

  private RegisteredMemory memory() throws DemoFailure {
    if (memory == null) {
      throw new DemoFailure("the second process was asked about memory before it granted any");
    }
    return memory;
  }

  /** All but the counter. */
  private MemorySegment content() throws DemoFailure {
    return memory().segment().asSlice(0, memory().length() - Long.BYTES);
  }

  private long counter() throws DemoFailure {
    return (long)
        ValueLayout.JAVA_LONG
            .varHandle()
            .getVolatile(memory().segment(), memory().length() - Long.BYTES);
  }

  private void send(long answer) throws IOException {
    endpoint.send(transport.allocator().directBuffer().writeLong(answer));
  }

  /** A message with the content of a seed. */
  static ByteBuf message(Transport transport, int length, long seed) {
    ByteBuf message = transport.allocator().directBuffer(length).writerIndex(length);
    Pattern.fill(segment(message), seed);
    return message;
  }

  /** The readable bytes of a buffer, as they are in memory. */
  static MemorySegment segment(ByteBuf buffer) {
    return MemorySegment.ofBuffer(buffer.nioBuffer());
  }
}
