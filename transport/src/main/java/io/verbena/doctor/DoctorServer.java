package io.verbena.doctor;

import io.verbena.Endpoint;
import io.verbena.Link;
import io.verbena.Listener;
import io.verbena.RdmaMode;
import io.verbena.Transport;
import io.verbena.TransportConfig;
import io.verbena.TransportException;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The other end of {@link DoctorOptions#withPeer}: lets any number of doctors try how they reach
 * this machine, by TCP, by RDMA and by rdma_cm. It tells each of them what this machine has for
 * RDMA and what it lacks, and lets it write 4096 bytes.
 *
 * <p>Thread-safe. It serves 64 at a time, each for a few seconds and with up to 600 KiB of
 * registered memory, most of it for what arrives; those beyond are turned away.
 */
public final class DoctorServer implements AutoCloseable {
  private static final int MOST_VISITORS = 64;

  /** For what a visitor has to say next. */
  private static final Duration PATIENCE = Duration.ofSeconds(8);

  private final PeerSide side;
  private final Transport transport;
  private final Listener listener;
  private final @Nullable CmService manager;
  private final String noManager;
  private final Consumer<String> visits;
  private final Semaphore places = new Semaphore(MOST_VISITORS);

  private DoctorServer(
      PeerSide side,
      Transport transport,
      Listener listener,
      @Nullable CmService manager,
      String noManager,
      Consumer<String> visits) {
    this.side = side;
    this.transport = transport;
    this.listener = listener;
    this.manager = manager;
    this.noManager = noManager;
    this.visits = visits;
  }

  /**
   * Starts to serve. It looks at the machine once; what is mended later is not noticed: then open
   * another one.
   *
   * @param options of this machine's transport
   * @param address where to listen; port 0 for any free one
   * @param visits is told in a line of each visitor; called by several threads
   * @return the server, owned by the caller
   * @throws IOException if the address is in use or not ours
   */
  public static DoctorServer open(
      DoctorOptions options, InetSocketAddress address, Consumer<String> visits)
      throws IOException {
    Objects.requireNonNull(visits, "visits");
    // Once: it takes long where there are many adapters, and visitors wait for an answer.
    Host host = Host.read(options);
    Optional<Finding> failure = Doctor.examine(host).firstFailure();
    Transport transport = Transport.open(config(options.config()));
    DoctorServer server = null;
    try {
      Listener listener = transport.listen(address);
      PeerSide side = PeerSide.of(host, failure, transport, host.tcp());
      CmService manager = null;
      String noManager = "";
      try {
        manager = CmService.open();
      } catch (IOException e) {
        noManager = String.valueOf(e.getMessage());
      }
      server = new DoctorServer(side, transport, listener, manager, noManager, visits);
      Thread.ofVirtual().name("verbena-doctor").start(server::run);
      return server;
    } finally {
      if (server == null) {
        transport.close();
      }
    }
  }

  /** Of both sides: small, soon over, and with TCP to tell of where RDMA does not work. */
  static TransportConfig config(TransportConfig config) {
    return (config.rdma() == RdmaMode.OFF ? config : config.withRdma(RdmaMode.PREFERRED))
        .withConnectTimeout(Duration.ofSeconds(7))
        .withProbeTimeout(Duration.ofSeconds(3))
        .withOperationTimeout(Duration.ofSeconds(2))
        .withCloseTimeout(Duration.ofMillis(500))
        .withMaxMessageBytes(PeerWire.MAX_BYTES)
        .withReceiveBufferBytes(PeerWire.MAX_BYTES)
        .withReceiveWindow(8);
  }

  /**
   * Where it listens.
   *
   * @return the bound address, with the real port if 0 was asked for
   */
  public InetSocketAddress address() {
    return listener.address();
  }

  private void run() {
    while (true) {
      try {
        Endpoint visitor = listener.accept(Duration.ofDays(1));
        if (places.tryAcquire()) {
          Thread.ofVirtual().name("verbena-doctor-visit").start(() -> receive(visitor));
        } else {
          visitor.reset();
        }
      } catch (TransportException e) {
        if (e.kind() != TransportException.Kind.TIMEOUT) {
          return;
        }
      }
    }
  }

  private void receive(Endpoint visitor) {
    String who = visitor.remoteAddress().getAddress().getHostAddress();
    try (visitor;
        RegisteredMemory inbox = transport.allocate(WriteProof.BYTES);
        RegisteredMemory outbox = transport.allocate(WriteProof.BYTES)) {
      String outcome = serve(visitor, inbox, outbox);
      tell(who, visitor.linkReport() + ", " + outcome);
    } catch (IOException | IllegalStateException e) {
      tell(who, String.valueOf(e.getMessage()));
    } finally {
      places.release();
    }
  }

  /** A visitor may have had a say in it. */
  private void tell(String who, String what) {
    visits.accept(Evidence.printable(who + ": " + what));
  }

  private String serve(Endpoint visitor, RegisteredMemory inbox, RegisteredMemory outbox)
      throws IOException {
    var wire = new PeerWire(visitor, transport.allocator());
    PeerWire.Greeting greeting = wire.readGreeting(PATIENCE);
    for (int i = 0; i < PeerWire.ECHOES; i++) {
      wire.readEcho(PATIENCE);
      wire.echo();
    }
    RemoteMemory grant = visitor.grant(inbox, RemoteAccess.WRITE);
    int port = manager == null ? 0 : manager.port();
    wire.answer(new PeerWire.Answer(side, port, noManager, grant));
    wire.readWritten(PATIENCE);
    String arrived = WriteProof.check(inbox.segment(), greeting.seed());
    WriteProof.fill(outbox.segment(), ~greeting.seed());
    long start = System.nanoTime();
    String written = "";
    try {
      visitor.write(outbox, 0, greeting.memory(), 0, WriteProof.BYTES).await();
    } catch (TransportException e) {
      written = String.valueOf(e.getMessage());
    }
    wire.judge(new PeerWire.Verdict(arrived, written, System.nanoTime() - start));
    String means = visitor.link() instanceof Link.Rdma ? "RDMA" : "TCP";
    return arrived.isEmpty() && written.isEmpty()
        ? "written both ways by " + means
        : "not written both ways: " + arrived + written;
  }

  /** Ends all visits. Idempotent. */
  @Override
  public void close() {
    if (manager != null) {
      manager.close();
    }
    transport.close();
  }
}
