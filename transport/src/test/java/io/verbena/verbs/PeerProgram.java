package io.verbena.verbs;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;

/**
 * The other end of a connection, in a process or on a host of its own: does what a {@link
 * RemotePeer} asks of it over TCP, for one after the other.
 */
public final class PeerProgram {
  /** What it can be asked for; numbers follow. */
  enum Request {
    /** Posts that many receives. */
    RECEIVE,
    /** Says which number is at an offset of its memory. */
    PEEK,
    /** Runs a command and says how it ended. */
    SHELL
  }

  private PeerProgram() {}

  /**
   * Serves until it is killed.
   *
   * @param args the port to listen on; 0 for any free one, which it prints
   */
  public static void main(String... args) throws Exception {
    try (ServerSocket listener = new ServerSocket()) {
      listener.setReuseAddress(true);
      listener.bind(new InetSocketAddress(Integer.parseInt(args[0])));
      System.out.println("port " + listener.getLocalPort());
      while (true) {
        Socket socket = listener.accept();
        Thread.ofPlatform().start(() -> serve(socket));
      }
    }
  }

  private static void serve(Socket socket) {
    try (socket;
        DeviceFixture fixture = new DeviceFixture()) {
      socket.setTcpNoDelay(true);
      serve(socket, fixture);
    } catch (EOFException e) {
      // The test is over.
    } catch (IOException e) {
      // A test that fails has more to say about it.
      System.err.println("peer: " + e);
    }
  }

  private static void serve(Socket socket, DeviceFixture fixture) throws IOException {
    DataInputStream in = new DataInputStream(socket.getInputStream());
    DataOutputStream out = new DataOutputStream(socket.getOutputStream());
    ProtectionDomain domain = fixture.context.createDomain();
    CompletionQueue queue = fixture.context.createCompletionQueue(512);
    MemoryRegion region =
        domain.allocate(
            LoopbackPair.REGION_BYTES,
            Access.LOCAL_WRITE,
            Access.REMOTE_WRITE,
            Access.REMOTE_READ,
            Access.REMOTE_ATOMIC);
    QueuePair pair = domain.createQueuePair(QueuePairConfig.reliable(queue));
    write(out, pair.address(fixture.port, fixture.gidIndex));
    out.writeLong(region.address());
    out.writeInt(region.rkey());
    pair.connect(read(in));
    out.writeUTF("connected");
    while (true) {
      switch (Request.valueOf(in.readUTF())) {
        case RECEIVE -> {
          for (int i = in.readInt(); i > 0; i--) {
            pair.receives().receive(i, region, 0, LoopbackPair.REGION_BYTES);
          }
          out.writeBoolean(pair.receives().submit());
        }
        case PEEK -> out.writeLong(region.memory().get(ValueLayout.JAVA_LONG, in.readInt()));
        case SHELL -> out.writeInt(shell(in.readUTF()));
      }
    }
  }

  /** Connects to the control port of such a program, which may still be starting. */
  public static Socket connect(InetSocketAddress program) throws IOException {
    long deadline = System.nanoTime() + LoopbackPair.PATIENCE.toNanos();
    while (true) {
      Socket socket = new Socket();
      try {
        socket.connect(program, 1000);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) LoopbackPair.PATIENCE.toMillis());
        return socket;
      } catch (IOException e) {
        socket.close();
        if (System.nanoTime() > deadline) {
          throw e;
        }
        Thread.onSpinWait();
      }
    }
  }

  /** Runs a command, and returns its exit status. */
  public static int shell(String command) throws IOException {
    try {
      return new ProcessBuilder("sh", "-c", command).inheritIO().start().waitFor();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  static void write(DataOutputStream out, QueuePairAddress address) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(QueuePairAddress.ENCODED_BYTES);
    address.writeTo(bytes);
    out.write(bytes.array());
  }

  static QueuePairAddress read(DataInputStream in) throws IOException {
    return QueuePairAddress.readFrom(
        ByteBuffer.wrap(in.readNBytes(QueuePairAddress.ENCODED_BYTES)));
  }
}
