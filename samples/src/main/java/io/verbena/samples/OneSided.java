package io.verbena.samples;

import io.netty.buffer.ByteBuf;
import io.verbena.Endpoint;
import io.verbena.Listener;
import io.verbena.Transport;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.net.InetSocketAddress;

/**
 * One side grants memory, the other writes to it, reads it and counts in it; both in one process
 * for once. Over RDMA the owner's processor has no part in that.
 */
public final class OneSided {
  private OneSided() {}

  /**
   * Uses a page of remote memory.
   *
   * @param args none
   * @throws IOException with the reason, if something does not work
   */
  public static void main(String... args) throws IOException {
    try (Transport transport = Transport.open();
        Listener listener = transport.listen(new InetSocketAddress("localhost", 0));
        Endpoint client = transport.connect(listener.address());
        Endpoint server = listener.accept()) {
      System.out.println("link: " + client.link());
      RegisteredMemory page = grant(transport, server);
      use(transport, client);
      System.out.println("the owner finds: " + page.segment().getString(0));
    }
  }

  private static RegisteredMemory grant(Transport transport, Endpoint peer) throws IOException {
    // snippet grant
    RegisteredMemory page = transport.allocate(4096); // freed with the transport, or by close()
    RemoteMemory grant =
        peer.grant(page, RemoteAccess.READ, RemoteAccess.WRITE, RemoteAccess.ATOMIC);
    ByteBuf message = transport.allocator().directBuffer(RemoteMemory.ENCODED_BYTES);
    grant.writeTo(message);
    peer.send(message); // the peer learns of the grant in a message
    // end
    return page;
  }

  private static void use(Transport transport, Endpoint peer) throws IOException {
    // snippet use
    ByteBuf message = peer.receive();
    RemoteMemory remote = RemoteMemory.readFrom(message);
    message.release();
    try (RegisteredMemory local = transport.allocate(4096)) {
      local.segment().setString(0, "written from afar");
      peer.write(local, 0, remote, 0, 64).await();
      peer.read(local, 1024, remote, 0, 64).await();
      System.out.println("read back: " + local.segment().getString(1024));

      long before = peer.fetchAdd(remote, 2048, 5).await();
      long after = peer.fetchAdd(remote, 2048, 0).await();
      System.out.println("a counter went from " + before + " to " + after);
    }
    // end
  }
}
