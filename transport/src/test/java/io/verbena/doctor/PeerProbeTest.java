package io.verbena.doctor;

import static io.verbena.doctor.MachineTree.finding;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.verbena.Endpoint;
import io.verbena.Listener;
import io.verbena.RdmaMode;
import io.verbena.Transport;
import io.verbena.TransportConfig;
import io.verbena.TransportException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The way to a peer where neither side uses RDMA, and to peers that are no doctors. */
@Timeout(60)
class PeerProbeTest {
  private static final DoctorOptions OPTIONS =
      DoctorOptions.defaults().withConfig(TransportConfig.defaults().withRdma(RdmaMode.OFF));

  private static final PeerProbe.Patience USUAL = PeerProbe.Patience.USUAL;
  private static final Duration SOON = Duration.ofSeconds(1);

  private final ConcurrentLinkedQueue<String> visits = new ConcurrentLinkedQueue<>();

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  private DoctorServer server() throws IOException {
    return DoctorServer.open(OPTIONS, loopback(0), visits::add);
  }

  private static Diagnosis probe(InetSocketAddress address) {
    return probe(address, USUAL);
  }

  private static Diagnosis probe(InetSocketAddress address, PeerProbe.Patience patience) {
    Diagnosis diagnosis = Doctor.examine(OPTIONS.withPeer(address), patience);
    assertEquals(
        6, diagnosis.findings().stream().filter(each -> each.check().startsWith("peer-")).count());
    return diagnosis;
  }

  private static void shouldBe(Severity severity, Diagnosis diagnosis, String check) {
    Finding finding = finding(diagnosis, check);
    assertEquals(severity, finding.severity(), finding::toString);
  }

  private static void shouldWorkOverTcp(Diagnosis diagnosis) {
    shouldBe(Severity.OK, diagnosis, "peer-tcp");
    shouldBe(Severity.FAIL, diagnosis, "peer-handshake");
    shouldBe(Severity.OK, diagnosis, "peer-message");
    shouldBe(Severity.NA, diagnosis, "peer-write");
    shouldBe(Severity.NA, diagnosis, "peer-partition-keys");
    String write = finding(diagnosis, "peer-write").message();
    assertTrue(write.contains("over TCP, 4096 bytes were written in each direction"), write);
    assertTrue(diagnosis.peer().orElseThrow().link().startsWith("TCP "));
  }

  @Test
  void shouldSayThatNeitherSideHasRdma() throws IOException {
    try (DoctorServer server = server()) {
      Diagnosis diagnosis = probe(server.address());
      shouldWorkOverTcp(diagnosis);
      String handshake = finding(diagnosis, "peer-handshake").message();
      assertTrue(handshake.startsWith("Neither side has RDMA."), handshake);
      assertTrue(handshake.contains("it is switched off"), handshake);
      assertFalse(diagnosis.rdmaUsable());
      assertTrue(diagnosis.summary().startsWith("RDMA to "), diagnosis.summary());
      assertTrue(diagnosis.summary().contains(": no. "), diagnosis.summary());
      assertTrue(diagnosis.summary().endsWith(" Verbena uses TCP on lo."), diagnosis.summary());
    }
    assertTrue(visits.toString().contains("written both ways by TCP"), visits::toString);
  }

  @Test
  void shouldServeManyAtOnceAndAfterwards() throws Exception {
    try (DoctorServer server = server();
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<CompletableFuture<Diagnosis>> all = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        all.add(CompletableFuture.supplyAsync(() -> probe(server.address()), threads));
      }
      for (CompletableFuture<Diagnosis> each : all) {
        shouldWorkOverTcp(each.get(40, TimeUnit.SECONDS));
      }
      shouldWorkOverTcp(probe(server.address()));
    }
  }

  @Test
  void shouldServeDespiteStrangers() throws IOException {
    try (DoctorServer server = server();
        var silent = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort());
        var rude = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      rude.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertTrue(silent.isConnected());
      shouldWorkOverTcp(probe(server.address()));
      try (Transport transport = Transport.open(OPTIONS.config());
          Endpoint endpoint = transport.connect(server.address())) {
        endpoint.send(transport.allocator().directBuffer().writeLong(42));
        shouldWorkOverTcp(probe(server.address()));
      }
    }
  }

  @Test
  void shouldSayThatNobodyListens() throws IOException {
    int port;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Diagnosis diagnosis = probe(loopback(port));
    Finding tcp = finding(diagnosis, "peer-tcp");
    assertEquals(Severity.FAIL, tcp.severity());
    assertTrue(tcp.message().startsWith("Nobody listens at "), tcp.message());
    assertTrue(tcp.cure().endsWith("--serve " + port), tcp.cure());
    String summary = diagnosis.summary();
    assertTrue(summary.endsWith(" Verbena does not reach it. " + tcp.message()), summary);
    shouldBe(Severity.NA, diagnosis, "peer-handshake");
    assertEquals("", diagnosis.peer().orElseThrow().link());
  }

  @Test
  void shouldSayThatTheHostIsUnknown() {
    Diagnosis diagnosis = probe(InetSocketAddress.createUnresolved("no-such-host.invalid", 7000));
    assertEquals(
        "The host no-such-host.invalid is not known.", finding(diagnosis, "peer-tcp").message());
  }

  @Test
  void shouldSayThatTheAddressDoesNotAnswer() throws IOException {
    // Once its backlog is full, the kernel drops what else asks for a connection.
    List<SocketChannel> waiting = new ArrayList<>();
    try (var full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      for (int i = 0; i < 4; i++) {
        SocketChannel each = SocketChannel.open();
        waiting.add(each);
        each.configureBlocking(false);
        each.connect(full.getLocalSocketAddress());
      }
      var impatient =
          new PeerProbe.Patience(
              USUAL.all(), SOON, USUAL.handshake(), USUAL.answer(), USUAL.step());
      Finding tcp = finding(probe(loopback(full.getLocalPort()), impatient), "peer-tcp");
      assertEquals(Severity.FAIL, tcp.severity(), tcp::toString);
      assertTrue(tcp.message().contains("does not answer within 1 s"), tcp.message());
    } finally {
      for (SocketChannel each : waiting) {
        each.close();
      }
    }
  }

  @Test
  void shouldSayThatAnHttpServerIsNoDoctor() throws IOException {
    shouldBeNoDoctor("HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP/1", USUAL);
  }

  @Test
  void shouldSayThatGarbageIsNoDoctor() throws IOException {
    shouldBeNoDoctor("\u0001\u0002\u0003\u001b[31m garbage", "is no doctor", USUAL);
  }

  @Test
  void shouldNotWaitLongForSilence() throws IOException {
    var impatient =
        new PeerProbe.Patience(USUAL.all(), USUAL.tcp(), SOON, USUAL.answer(), USUAL.step());
    shouldEndBefore(USUAL.handshake(), () -> shouldBeNoDoctor("", "is no doctor", impatient));
  }

  /** Before the usual patience would have ended it. */
  private static void shouldEndBefore(Duration usual, Probe probe) throws IOException {
    long start = System.nanoTime();
    probe.run();
    long took = System.nanoTime() - start;
    assertTrue(took < usual.toNanos(), "took " + Duration.ofNanos(took));
  }

  private interface Probe {
    void run() throws IOException;
  }

  private static void shouldBeNoDoctor(String answer, String words, PeerProbe.Patience patience)
      throws IOException {
    try (var server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      List<Socket> open = new ArrayList<>();
      Thread.startVirtualThread(() -> answer(server, answer, open));
      Diagnosis diagnosis = probe(loopback(server.getLocalPort()), patience);
      shouldBe(Severity.OK, diagnosis, "peer-tcp");
      Finding handshake = finding(diagnosis, "peer-handshake");
      assertEquals(Severity.FAIL, handshake.severity(), handshake::toString);
      assertTrue(handshake.message().contains("is no doctor"), handshake.message());
      assertTrue(handshake.message().contains(words), handshake.message());
      assertTrue(handshake.cure().contains("--serve"), handshake.cure());
      shouldBe(Severity.NA, diagnosis, "peer-message");
    }
  }

  private static void answer(ServerSocket server, String answer, List<Socket> open) {
    try {
      while (true) {
        Socket peer = server.accept();
        open.add(peer);
        OutputStream out = peer.getOutputStream();
        out.write(answer.getBytes(StandardCharsets.ISO_8859_1));
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  @Test
  void shouldSayThatAnotherProgramIsNoDoctor() throws Exception {
    Finding message = probeOf(PeerProbeTest::echo, USUAL);
    assertTrue(message.message().contains("is no doctor"), message.message());
  }

  @Test
  void shouldSayThatASilentProgramMayBeNoDoctor() throws Exception {
    var impatient =
        new PeerProbe.Patience(USUAL.all(), USUAL.tcp(), USUAL.handshake(), SOON, USUAL.step());
    shouldEndBefore(USUAL.answer(), () -> probeOf(PeerProbeTest::keepSilent, impatient));
  }

  @Test
  void shouldEndAllStepsTogether() throws Exception {
    var impatient =
        new PeerProbe.Patience(
            Duration.ofSeconds(3), USUAL.tcp(), USUAL.handshake(), USUAL.answer(), USUAL.step());
    shouldEndBefore(USUAL.answer(), () -> probeOf(PeerProbeTest::keepSilent, impatient));
  }

  @Test
  void shouldSayThatAProgramThatGoesMayBeNoDoctor() throws Exception {
    probeOf(endpoint -> endpoint.receive().release(), USUAL);
  }

  /** What another program of Verbena's does with a visitor, until it closes. */
  private interface Program {
    void serve(Endpoint endpoint) throws TransportException;
  }

  private static Finding probeOf(Program program, PeerProbe.Patience patience) throws IOException {
    try (Transport transport = Transport.open(OPTIONS.config());
        Listener listener = transport.listen(loopback(0))) {
      Thread.startVirtualThread(() -> run(program, listener));
      Diagnosis diagnosis = probe(listener.address(), patience);
      Finding message = finding(diagnosis, "peer-message");
      assertEquals(Severity.FAIL, message.severity(), message::toString);
      assertTrue(
          message.cure().startsWith("Run ./verbena doctor --serve on the peer"), message::toString);
      shouldBe(Severity.NA, diagnosis, "peer-write");
      return message;
    }
  }

  private static void run(Program program, Listener listener) {
    try (Endpoint endpoint = listener.accept()) {
      program.serve(endpoint);
    } catch (TransportException e) {
      // The test is over.
    }
  }

  private static void echo(Endpoint endpoint) throws TransportException {
    while (true) {
      ByteBuf message = endpoint.receive();
      endpoint.send(message);
    }
  }

  private static void keepSilent(Endpoint endpoint) throws TransportException {
    while (true) {
      endpoint.receive().release();
    }
  }
}
