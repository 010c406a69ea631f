package io.verbena.doctor;

import static io.verbena.doctor.MachineTree.finding;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.Endpoint;
import io.verbena.Link;
import io.verbena.Listener;
import io.verbena.RdmaMode;
import io.verbena.Transport;
import io.verbena.TransportConfig;
import io.verbena.TransportException;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** What a doctor says of a peer with which writing does not work, over TCP. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PeerWriteTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final PeerSide BARE = new PeerSide(List.of(), List.of(), "no device here", "", "");

  TransportConfig config() {
    return TransportConfig.defaults().withRdma(RdmaMode.OFF);
  }

  Class<? extends Link> link() {
    return Link.Tcp.class;
  }

  /** What a false doctor does once it has been greeted. */
  private interface Part {
    void play(Endpoint visitor, PeerWire wire, RegisteredMemory memory) throws IOException;
  }

  private DoctorOptions options() {
    return DoctorOptions.defaults().withConfig(config());
  }

  private static InetSocketAddress loopback() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  /**
   * Visits a true doctor until that is done over the link that the tests want, or a minute is over:
   * on an emulated processor the first visit of a program may take longer than the doctor waits.
   */
  @BeforeAll
  void warmUp() throws IOException {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    try (DoctorServer server = DoctorServer.open(options(), loopback(), _ -> {})) {
      DoctorOptions visit = options().withPeer(server.address());
      boolean done = isOfTheLink(Doctor.examine(visit));
      while (!done && System.nanoTime() - deadline < 0) {
        done = isOfTheLink(Doctor.examine(visit));
      }
    }
  }

  private boolean isOfTheLink(Diagnosis diagnosis) {
    Severity write = finding(diagnosis, "peer-write").severity();
    // Over TCP nothing is said of RDMA.
    return write == (link() == Link.Rdma.class ? Severity.OK : Severity.NA);
  }

  private Finding writeTo(Part part) throws Exception {
    try (Transport transport = Transport.open(DoctorServer.config(config()));
        Listener listener = transport.listen(loopback())) {
      var played = new CompletableFuture<Link>();
      Thread.startVirtualThread(() -> play(transport, listener, part, played));
      Diagnosis diagnosis = Doctor.examine(options().withPeer(listener.address()));
      assertInstanceOf(link(), played.get(60, TimeUnit.SECONDS));
      assertEquals(Severity.OK, finding(diagnosis, "peer-message").severity(), diagnosis::toString);
      Finding write = finding(diagnosis, "peer-write");
      assertEquals(Severity.FAIL, write.severity(), write::toString);
      assertFalse(diagnosis.rdmaUsable());
      return write;
    }
  }

  private static void play(
      Transport transport, Listener listener, Part part, CompletableFuture<Link> played) {
    try (Endpoint visitor = listener.accept(PATIENCE);
        RegisteredMemory memory = transport.allocate(WriteProof.BYTES)) {
      Link link = visitor.link();
      var wire = new PeerWire(visitor, transport.allocator());
      wire.readGreeting(PATIENCE);
      for (int i = 0; i < PeerWire.ECHOES; i++) {
        wire.readEcho(PATIENCE);
        wire.echo();
      }
      part.play(visitor, wire, memory);
      played.complete(link);
    } catch (IOException | IllegalStateException e) {
      played.completeExceptionally(e);
    }
  }

  private static void answer(
      Endpoint visitor, PeerWire wire, RegisteredMemory memory, RemoteAccess... rights)
      throws IOException {
    wire.answer(new PeerWire.Answer(BARE, 0, "none here", visitor.grant(memory, rights)));
  }

  private static void awaitEnd(Endpoint visitor) {
    try {
      visitor.receive(PATIENCE).release();
    } catch (TransportException e) {
      assertNotEquals(TransportException.Kind.TIMEOUT, e.kind());
    }
  }

  private static void shouldSay(Finding write, String message, String cure) {
    assertTrue(write.message().contains(message), write::toString);
    assertTrue(write.cure().contains(cure), write::toString);
  }

  @Test
  void shouldSayThatThePeerRefusesTheWrite() throws Exception {
    Finding write =
        writeTo(
            (visitor, wire, memory) -> {
              answer(visitor, wire, memory, RemoteAccess.READ);
              awaitEnd(visitor);
            });
    shouldSay(write, " failed: this side's write: ", "has REMOTE_READ, REMOTE_WRITE");
  }

  @Test
  void shouldSayThatThePeerIsGone() throws Exception {
    Finding write =
        writeTo(
            (visitor, wire, memory) -> {
              answer(visitor, wire, memory, RemoteAccess.WRITE);
              wire.readWritten(PATIENCE);
              visitor.reset();
            });
    shouldSay(write, " failed: the peer's answer: ", "start ./verbena doctor --serve there again");
  }

  @Test
  void shouldSayWhatThePeerSaysOfItsWrite() throws Exception {
    shouldSay(
        judged("", "refused by somebody"),
        " failed: the peer's write failed: refused by somebody.",
        "The peer");
  }

  @Test
  void shouldSayThatItsOwnWriteIsNotThere() throws Exception {
    shouldSay(
        judged("byte 0 differs", ""),
        " failed: what this side wrote is not there: byte 0",
        "(dmesg)");
  }

  @Test
  void shouldSeeForItselfWhetherThePeerHasWritten() throws Exception {
    shouldSay(judged("", ""), " failed: what the peer wrote is not here: byte 0", "(dmesg)");
  }

  private Finding judged(String arrived, String written) throws Exception {
    return writeTo(
        (visitor, wire, memory) -> {
          answer(visitor, wire, memory, RemoteAccess.WRITE);
          wire.readWritten(PATIENCE);
          wire.judge(new PeerWire.Verdict(arrived, written, 1));
          awaitEnd(visitor);
        });
  }
}
