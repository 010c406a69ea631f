package io.verbena.samples;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.verbena.Endpoint;
import io.verbena.Link;
import io.verbena.Transport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Connects to an {@link EchoServer}, says over which link, and has one message sent back. */
public final class EchoClient {
  private EchoClient() {}

  /**
   * Sends one message and waits for its echo.
   *
   * @param args host, port and the text of the message
   * @throws IOException if nobody is there, or somebody who is not Verbena
   */
  public static void main(String... args) throws IOException {
    try (Transport transport = Transport.open();
        Endpoint peer = transport.connect(args[0], Integer.parseInt(args[1]))) {
      // snippet link
      switch (peer.link()) {
        case Link.Rdma(var device, var port) -> System.out.println("RDMA: " + device + ":" + port);
        case Link.Tcp(var nic, var why) -> System.out.println("TCP: " + nic + ", because " + why);
      }
      // end
      peer.send(ByteBufUtil.writeUtf8(transport.allocator(), args[2]));
      ByteBuf echo = peer.receive();
      System.out.println("echo: " + Printable.of(echo.toString(StandardCharsets.UTF_8)));
      echo.release();
    }
  }
}
