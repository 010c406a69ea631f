package io.verbena.samples;

import io.verbena.verbs.Access;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.Completions;
import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.PortChoice;
import io.verbena.verbs.PortWishes;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairAddress;
import io.verbena.verbs.QueuePairConfig;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * The first RDMA write between two processes: one waits, the other writes into its memory. {@code
 * docs/verbs.md} explains it piece by piece.
 */
public final class FirstWrite {
  private static final int PAGE = 4096;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private FirstWrite() {}

  /**
   * Waits for a peer, or writes to one.
   *
   * @param args device and port: waits there; device, host and port: writes to the one that waits
   * @throws IOException if something fails: says what
   */
  public static void main(String... args) throws IOException {
    boolean waits = args.length == 2;
    // snippet device
    PortChoice choice = Device.choose(PortWishes.none().withDevice(args[0]));
    System.out.println(choice.reason());
    try (Context context = choice.device().open()) {
      // end
      try (Socket socket = waits ? accept(args[1]) : connect(args[1], args[2])) {
        talk(context, choice, socket, waits);
      }
    }
  }

  private static void talk(Context context, PortChoice choice, Socket socket, boolean waits)
      throws IOException {
    // snippet objects
    try (ProtectionDomain domain = context.createDomain();
        CompletionQueue queue = context.createCompletionQueue(256);
        MemoryRegion region = domain.allocate(PAGE, Access.LOCAL_WRITE, Access.REMOTE_WRITE);
        QueuePair pair = domain.createQueuePair(QueuePairConfig.reliable(queue))) {
      // end
      // snippet exchange
      QueuePairAddress mine = pair.address(choice.port().number(), choice.gid().index());
      ByteBuffer offer = ByteBuffer.allocate(QueuePairAddress.ENCODED_BYTES + 12);
      mine.writeTo(offer);
      offer.putLong(region.address()).putInt(region.rkey());
      socket.getOutputStream().write(offer.array());

      var in = new DataInputStream(socket.getInputStream());
      ByteBuffer theirs = ByteBuffer.wrap(in.readNBytes(offer.capacity()));
      QueuePairAddress peer = QueuePairAddress.readFrom(theirs);
      long remoteAddress = theirs.getLong();
      int rkey = theirs.getInt();
      // end
      // snippet connect
      pair.connect(peer);
      socket.getOutputStream().write(1); // tells the peer that this side is ready
      in.readByte();
      // end
      if (waits) {
        in.readByte(); // comes after the write is done: the adapter itself says nothing here
        System.out.println("the peer wrote: " + region.memory().getString(0));
        return;
      }
      // snippet write
      region.memory().setString(0, "hello from afar");
      pair.sends().signaled().write(1, region, 0, 64, remoteAddress, rkey).submit();
      if (!queue.await(PATIENCE)) {
        throw new IOException("the write did not end within " + PATIENCE);
      }
      Completions done = queue.poll();
      while (done.next()) {
        if (!done.succeeded()) {
          throw done.failure();
        }
        System.out.println(done.kind() + " " + done.id() + " is in the peer's memory");
      }
      // end
      socket.getOutputStream().write(1);
    }
  }

  private static Socket accept(String port) throws IOException {
    try (var server = new ServerSocket(Integer.parseInt(port))) {
      System.out.println("waiting on port " + server.getLocalPort());
      return server.accept();
    }
  }

  private static Socket connect(String host, String port) throws IOException {
    var socket = new Socket();
    try {
      socket.connect(
          new InetSocketAddress(InetAddress.getByName(host), Integer.parseInt(port)),
          (int) PATIENCE.toMillis());
      socket.setSoTimeout((int) PATIENCE.toMillis());
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }
}
