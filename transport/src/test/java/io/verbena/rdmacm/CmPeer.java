package io.verbena.rdmacm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.verbena.verbs.PeerProgram;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/** A {@link CmPeerProgram}, and the TCP connection that tells it what to do. */
final class CmPeer implements AutoCloseable {
  /** This side of a connection with the program; both are closed with their manager. */
  record Client(Side side, Connection connection) {}

  /** Where the program listens. */
  final InetSocketAddress address;

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;

  CmPeer(InetSocketAddress program) throws IOException {
    socket = PeerProgram.connect(program);
    boolean ready = false;
    try {
      in = new DataInputStream(socket.getInputStream());
      out = new DataOutputStream(socket.getOutputStream());
      address = new InetSocketAddress(InetAddress.ofLiteral(in.readUTF()), in.readInt());
      ready = true;
    } finally {
      if (!ready) {
        socket.close();
      }
    }
  }

  /** A connection that has carried a message, and can carry another. */
  Client connect(ConnectionManager manager, AddressOptions options) throws IOException {
    Route route = manager.resolve(address, options, Side.PATIENCE);
    Side side = new Side(route.context());
    Connection connection =
        route.connect(side.pair, ConnectionParameters.defaults(), Side.PATIENCE);
    side.send("hello");
    side.expect();
    return new Client(side, connection);
  }

  /** Runs a command at the peer. */
  void shell(String command) throws IOException {
    out.writeUTF(command);
    assertEquals(0, in.readInt(), command);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
