package io.verbena.samples;

// snippet hello
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.verbena.Endpoint;
import io.verbena.Listener;
import io.verbena.Transport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** The shortest program: both ends of a conversation, in one process for once. */
final class Hello {
  public static void main(String... args) throws IOException {
    try (Transport transport = Transport.open();
        Listener listener = transport.listen(new InetSocketAddress("localhost", 0));
        Endpoint client = transport.connect(listener.address());
        Endpoint server = listener.accept()) {
      client.send(ByteBufUtil.writeUtf8(transport.allocator(), "hello")); // takes the buffer
      ByteBuf message = server.receive();
      System.out.println(message.toString(StandardCharsets.UTF_8) + " over " + server.link());
      message.release(); // what you receive is yours
    }
  }
}
// end
