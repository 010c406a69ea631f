package io.verbena.rdmacm;

import io.verbena.verbs.PeerProgram;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;

/**
 * The other end of connections, in a process or on a host of its own: accepts each request, and
 * runs the commands that a {@link CmPeer} gives it over TCP.
 */
final class CmPeerProgram {
  private CmPeerProgram() {}

  /**
   * Serves until it is killed.
   *
   * @param args the TCP port to listen on; 0 for any free one, which it prints
   */
  public static void main(String... args) throws Exception {
    try (ServerSocket control = new ServerSocket()) {
      control.setReuseAddress(true);
      control.bind(new InetSocketAddress(Integer.parseInt(args[0])));
      System.out.println(control.getLocalPort());
      while (true) {
        Socket socket = control.accept();
        Thread.ofPlatform().start(() -> serve(socket));
      }
    }
  }

  private static void serve(Socket socket) {
    try (socket;
        ConnectionManager manager = ConnectionManager.open();
        ConnectionListener listener = manager.listen(CmFixture.address(0))) {
      Thread.ofPlatform().start(() -> accept(listener));
      DataInputStream in = new DataInputStream(socket.getInputStream());
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      out.writeUTF(listener.localAddress().getAddress().getHostAddress());
      out.writeInt(listener.localAddress().getPort());
      while (true) {
        out.writeInt(PeerProgram.shell(in.readUTF()));
      }
    } catch (EOFException e) {
      // The test is over.
    } catch (IOException e) {
      // A test that fails has more to say about it.
      System.err.println("peer: " + e);
    }
  }

  /** The sides are closed with their manager. */
  private static void accept(ConnectionListener listener) {
    while (listener.isOpen()) {
      try {
        ConnectionRequest request = listener.await(Duration.ofDays(1)).orElseThrow();
        Side side = new Side(request.context());
        request.prepare(side.pair);
        side.expect();
        side.expect();
        request.accept(side.pair, ConnectionParameters.defaults(), Side.PATIENCE);
      } catch (IllegalStateException e) {
        // The test is over.
      } catch (IOException e) {
        // A test has given up its connection, as it may want to.
        System.err.println("peer: " + e.getMessage());
      }
    }
  }
}
