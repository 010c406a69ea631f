package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.TransportException.Kind;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteMemory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The process of a peer is killed: everybody who waits for it hears of it, soon. */
@Timeout(120)
abstract class PeerDeathContract {
  abstract RdmaMode mode();

  /** The victim's, where it differs. */
  RdmaMode peersMode() {
    return mode();
  }

  /** The peer: connects, grants memory, and does nothing until it is killed. */
  static final class Victim {
    private Victim() {}

    /** Runs until it is killed. */
    public static void main(String[] args) throws Exception {
      try (Transport transport =
              Transport.open(EndpointPair.PATIENT.withRdma(RdmaMode.valueOf(args[1])));
          Endpoint endpoint =
              transport.connect(
                  new InetSocketAddress(
                      InetAddress.getLoopbackAddress(), Integer.parseInt(args[0])))) {
        var memory = transport.allocate(4096);
        var grant = io.netty.buffer.Unpooled.directBuffer(RemoteMemory.ENCODED_BYTES);
        endpoint.grant(memory, io.verbena.memory.RemoteAccess.WRITE).writeTo(grant);
        endpoint.send(grant);
        Thread.sleep(Duration.ofMinutes(2));
      }
    }
  }

  private static Process start(int port, RdmaMode mode) throws Exception {
    return ChildJvm.of(Victim.class, Integer.toString(port), mode.name()).inheritIO().start();
  }

  @Test
  void shouldTellEverybodyWhoWaits() throws Exception {
    try (Transport transport = Transport.open(EndpointPair.PATIENT.withRdma(mode()));
        Listener listener = transport.listen(EndpointPair.anyPort())) {
      Process victim = start(listener.address().getPort(), peersMode());
      try {
        Endpoint endpoint = listener.accept(Duration.ofSeconds(60));
        var message = endpoint.receive();
        RemoteMemory remote = RemoteMemory.readFrom(message);
        message.release();
        RegisteredMemory local = transport.allocate(4096);
        endpoint.write(local, 0, remote, 0, 4096).await();

        victim.destroyForcibly();
        long killed = System.nanoTime();
        var receive = assertThrows(TransportException.class, endpoint::receive);
        assertEquals(Kind.PEER_LOST, receive.kind(), receive.getMessage());
        var write =
            assertThrows(
                TransportException.class, () -> endpoint.write(local, 0, remote, 0, 4096).await());
        assertEquals(Kind.PEER_LOST, write.kind(), write.getMessage());
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed);
        assertTrue(millis < 10_000, "it took " + millis + " ms");
      } finally {
        victim.destroyForcibly().waitFor();
      }
    }
  }
}
