package io.verbena.doctor;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Whether anybody is there at all: a plain connection, over which nothing is said. */
final class TcpReach {
  private final InetSocketAddress peer;
  private final String name;
  private final Notes notes = PeerFindings.TCP.notes();

  TcpReach(InetSocketAddress peer) {
    this.peer = peer;
    this.name = PeerFindings.text(peer);
  }

  Finding look(Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    InetAddress[] addresses;
    try {
      addresses = addresses(patience);
    } catch (IOException e) {
      notes.saw(peer.getHostString(), '(' + String.valueOf(e.getMessage()) + ')');
      return notes.fail(
          "The host %s is not known.".formatted(peer.getHostString()),
          "Check its spelling and the name service: getent hosts " + peer.getHostString());
    }
    IOException failure = new IOException("it has no address");
    for (int i = 0; i < addresses.length; i++) {
      long left = (end - System.nanoTime()) / (addresses.length - i);
      try {
        String time = connect(addresses[i], left);
        notes.saw(addresses[i].getHostAddress(), "connected in " + time);
        return notes.ok("%s takes TCP connections: after %s.".formatted(name, time));
      } catch (IOException e) {
        notes.saw(addresses[i].getHostAddress(), '(' + String.valueOf(e.getMessage()) + ')');
        failure = e;
      }
    }
    return failed(failure, patience);
  }

  private Finding failed(IOException failure, Duration patience) {
    if (failure instanceof ConnectException
        && String.valueOf(failure.getMessage()).contains("refused")) {
      return notes.fail(
          "Nobody listens at %s.".formatted(name),
          "Run this on the peer first: ./verbena doctor --serve " + peer.getPort());
    }
    String cure =
        "Check that the machine is up, its address, and that firewalls let TCP port %d pass."
            .formatted(peer.getPort());
    return failure instanceof SocketTimeoutException
        ? notes.fail("%s does not answer within %d s.".formatted(name, patience.toSeconds()), cure)
        : notes.fail("%s is not reached: %s.".formatted(name, failure.getMessage()), cure);
  }

  private InetAddress[] addresses(Duration patience) throws IOException {
    if (peer.getAddress() != null) {
      return new InetAddress[] {peer.getAddress()};
    }
    var lookup = new FutureTask<>(() -> InetAddress.getAllByName(peer.getHostString()));
    // Nothing ends a look-up that hangs.
    Thread.ofPlatform().daemon().name("verbena-doctor-resolver").start(lookup);
    try {
      return lookup.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IOException("the name has no address", e);
    } catch (TimeoutException e) {
      throw new IOException("the name service does not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private String connect(InetAddress address, long nanos) throws IOException {
    long start = System.nanoTime();
    try (var socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(address, peer.getPort()),
          (int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos)));
      return PeerFindings.time(System.nanoTime() - start);
    }
  }
}
