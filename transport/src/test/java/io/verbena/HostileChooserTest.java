package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.lane.rdma.RdmaCandidate;
import io.verbena.lane.rdma.RdmaOffer;
import io.verbena.lane.rdma.RdmaPair;
import io.verbena.verbs.Gid;
import io.verbena.verbs.GidType;
import io.verbena.verbs.LinkLayer;
import io.verbena.verbs.QueuePairAddress;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client that offers and chooses what it likes. */
@RdmaTest
@Timeout(120)
class HostileChooserTest {
  private static final TransportConfig CONFIG = EndpointPair.PATIENT;

  private Transport transport;
  private Listener listener;

  @BeforeEach
  void listen() throws IOException {
    transport = Transport.open(CONFIG.withRdma(RdmaMode.REQUIRED));
    listener = transport.listen(EndpointPair.anyPort());
  }

  @AfterEach
  void close() throws IOException {
    requireThatOthersAreServed();
    transport.close();
  }

  private void requireThatOthersAreServed() throws IOException {
    try (Endpoint client = transport.connect(listener.address());
        Endpoint server = listener.accept()) {
      assertInstanceOf(Link.Rdma.class, server.link());
      client.send(EndpointPair.number(1));
      server.receive().release();
    }
  }

  /** What a client with a port like the server's would know after the hellos. */
  private record Chooser(SocketChannel channel, HandshakeChannel messages, RdmaCandidate like)
      implements AutoCloseable {
    /** The server ends the connection, and accepts nobody. */
    void requireCutOff(Listener listener) {
      assertThrows(IOException.class, messages::readOffer);
      assertThrows(TransportException.class, () -> listener.accept(Duration.ofMillis(50)));
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  private Chooser greet() throws IOException {
    SocketChannel channel = SocketChannel.open(listener.address());
    var messages = new HandshakeChannel(channel, System.nanoTime() + TimeUnit.SECONDS.toNanos(20));
    messages.write(hello(List.of(invented())).encode());
    return new Chooser(channel, messages, messages.readHello().candidates().getFirst());
  }

  private static Hello hello(List<RdmaCandidate> candidates) {
    return new Hello(
        Hello.VERSION,
        Hello.VERSION,
        UUID.randomUUID(),
        UUID.randomUUID(),
        1 << 20,
        32,
        32,
        100,
        0,
        1000,
        candidates,
        "");
  }

  /** A RoCE v2 port with an IPv4 address that nobody has. */
  private static RdmaCandidate invented() {
    return new RdmaCandidate(
        "hostile0",
        1,
        GidType.ROCE_V2,
        0,
        new Gid(0, 0xffff_c000_0207L),
        0,
        1024,
        1,
        10,
        false,
        List.of(0xffff));
  }

  private static RdmaPair fitting(RdmaCandidate server) {
    return new RdmaPair(0, 0, 0xffff, server.pkeys().getFirst());
  }

  private static RdmaOffer offer(Gid gid) {
    return new RdmaOffer(
        new QueuePairAddress(0x11, 1, 0, gid, 1, 0, 1024, LinkLayer.ETHERNET), 0xffff);
  }

  @Test
  void shouldCutOffWhoChoosesWhatIsNotThere() throws IOException {
    for (RdmaPair pair :
        List.of(
            new RdmaPair(0, 255, 0xffff, 0xffff),
            new RdmaPair(1, 0, 0xffff, 0xffff),
            new RdmaPair(0, 0, 0x8123, 0x8123),
            new RdmaPair(0, 0, 0, 0))) {
      try (Chooser chooser = greet()) {
        chooser.messages.writeChoice(new RdmaChoice(pair, ""));
        chooser.requireCutOff(listener);
      }
    }
  }

  @Test
  void shouldDeclineAnOfferThatIsNotWhatWasChosen() throws IOException {
    try (Chooser chooser = greet()) {
      assertEquals(GidType.ROCE_V2, chooser.like.type());
      chooser.messages.writeChoice(new RdmaChoice(fitting(chooser.like), ""));
      chooser.messages.writeOffer(offer(chooser.like.gid()), "");
      assertTrue(chooser.messages.readOffer().problem().isEmpty());
      assertEquals(
          "the offer is not of the port and address that were chosen",
          chooser.messages.readVerdict());
    }
  }

  /** Nobody has the address: the server's queue pair does not get there, and it is given back. */
  @Test
  void shouldDeclineAnAddressThatIsNotReached() throws IOException {
    try (Chooser chooser = greet()) {
      chooser.messages.writeChoice(new RdmaChoice(fitting(chooser.like), ""));
      chooser.messages.writeOffer(offer(invented().gid()), "");
      assertTrue(chooser.messages.readOffer().problem().isEmpty());
      String connected = chooser.messages.readVerdict();
      chooser.messages.writeVerdict("");
      // Whether the kernel notices now or the probe later is its own business.
      String problem = connected.isEmpty() ? chooser.messages.readVerdict() : connected;
      assertTrue(!problem.isEmpty());
    }
  }

  @Test
  void shouldSurviveRandomBytesAfterTheHello() throws Exception {
    var random = new Random(20261123);
    int cutOff = 0;
    for (int round = 0; round < 60; round++) {
      try (Chooser chooser = greet()) {
        ByteBuffer bytes = ByteBuffer.allocate(1 + random.nextInt(80));
        random.nextBytes(bytes.array());
        if (random.nextBoolean()) {
          // A choice that fits, then anything.
          chooser.messages.writeChoice(new RdmaChoice(fitting(chooser.like), ""));
        }
        bytes.put(0, (byte) random.nextInt(2));
        chooser.messages.write(bytes);
        chooser.channel.shutdownOutput();
        if (isCutOff(chooser.channel)) {
          cutOff++;
        }
      }
    }
    assertEquals(60, cutOff, "everybody is cut off at last");
    assertThrows(TransportException.class, () -> listener.accept(Duration.ofMillis(50)));
  }

  private static boolean isCutOff(SocketChannel channel) throws IOException {
    channel.socket().setSoTimeout((int) TimeUnit.SECONDS.toMillis(20));
    var in = channel.socket().getInputStream();
    byte[] some = new byte[1024];
    try {
      int count;
      do {
        count = in.read(some);
      } while (count > 0);
      return true;
    } catch (SocketException reset) {
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    }
  }
}
