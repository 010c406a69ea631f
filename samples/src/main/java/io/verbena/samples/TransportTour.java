package io.verbena.samples;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.verbena.Endpoint;
import io.verbena.EndpointCounters;
import io.verbena.Listener;
import io.verbena.MessageHandler;
import io.verbena.Operation;
import io.verbena.Progress;
import io.verbena.RdmaMode;
import io.verbena.Transport;
import io.verbena.TransportConfig;
import io.verbena.TransportException;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/** What a transport can do, chapter by chapter of the guide, both ends in one process. */
public final class TransportTour {
  private static final int LOCK = 1024;

  private final Transport transport;
  private final Endpoint client;
  private final Endpoint server;

  private TransportTour(Transport transport, Endpoint client, Endpoint server) {
    this.transport = transport;
    this.client = client;
    this.server = server;
  }

  /**
   * Takes the tour.
   *
   * @param args none
   * @throws IOException with the reason, if something does not work
   * @throws InterruptedException if the thread is interrupted
   */
  public static void main(String... args) throws IOException, InterruptedException {
    // snippet config
    TransportConfig config =
        TransportConfig.defaults()
            .withRdma(RdmaMode.PREFERRED)
            .withConnectTimeout(Duration.ofSeconds(30))
            .withOperationTimeout(Duration.ofSeconds(10))
            .withKeepalive(Duration.ofSeconds(5))
            .withMaxMessageBytes(16 << 20)
            .withReceiveBufferBytes(4 << 20);
    // end
    // snippet recording
    try (var recording = new Recording()) {
      recording.enable("io.verbena.Connect");
      recording.start();
      tour(config);
      recording.stop();
      Path file = Files.createTempFile("verbena", ".jfr");
      recording.dump(file);
      for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
        // What else is recorded in this process is in the file, too.
        if (event.getEventType().getName().equals("io.verbena.Connect")) {
          System.out.println("recorded: " + event.getString("link"));
        }
      }
      Files.delete(file);
    }
    // end
    callerProgress(config);
  }

  private static void tour(TransportConfig config) throws IOException, InterruptedException {
    // snippet meet
    try (Transport transport = Transport.open(config);
        Listener listener = transport.listen(new InetSocketAddress("localhost", 0));
        Endpoint client = transport.connect(listener.address());
        Endpoint server = listener.accept()) {
      // end
      var tour = new TransportTour(transport, client, server);
      tour.link();
      tour.messages();
      tour.handler();
      tour.oneSided();
      tour.endings(listener);
    }
  }

  private void link() {
    // snippet report
    System.out.println(client.link());
    System.out.println(client.linkReport());
    transport.rdmaUnavailable().ifPresent(why -> System.out.println("this side: " + why));
    // end
  }

  private void messages() throws TransportException {
    // snippet send
    ByteBuf message = transport.allocator().directBuffer();
    message.writeLong(42);
    try {
      client.send(message);
    } catch (TransportException | RuntimeException e) {
      message.release(); // only a send that succeeds takes the message
      throw e;
    }
    ByteBuf received = server.receive();
    System.out.println("the answer: " + received.readLong());
    received.release();
    // end

    ByteBuf header = transport.allocator().directBuffer().writeInt(1);
    ByteBuf body = transport.allocator().directBuffer().writeInt(2);
    // snippet parts
    CompositeByteBuf parts = transport.allocator().compositeBuffer();
    parts.addComponents(true, header, body); // both go out as one message
    client.send(parts);
    // end
    ByteBuf whole = server.receive();
    System.out.println("parts: " + whole.readInt() + " " + whole.readInt());
    whole.release();

    ByteBuf next = transport.allocator().directBuffer().writeLong(43);
    // snippet try-send
    if (!client.trySend(next)) {
      next.release(); // the peer is behind: nothing was sent
    }
    // end
    server.receive().release();

    // snippet failures
    try {
      client.receive(Duration.ofMillis(10)).release();
    } catch (TransportException e) {
      switch (e.kind()) {
        case TIMEOUT -> System.out.println("nothing yet; the endpoint is " + client.state());
        case PEER_CLOSED -> System.out.println("the peer has sent everything, and closed");
        case PEER_LOST -> System.out.println("its process, machine or network is gone");
        default -> throw e;
      }
    }
    // end
  }

  private void handler() throws IOException, InterruptedException {
    var heard = new CountDownLatch(2);
    // snippet notified
    server.handle(
        new MessageHandler() {
          @Override
          public void message(Endpoint from, ByteBuf message) {
            System.out.println("a message: " + message.toString(UTF_8));
            message.release();
            heard.countDown();
          }

          @Override
          public void notified(Endpoint from, int value) {
            System.out.println("written, says the peer: " + value);
            heard.countDown();
          }
        });
    // end
    try (RegisteredMemory page = transport.allocate(4096);
        RegisteredMemory local = transport.allocate(4096)) {
      RemoteMemory remote = server.grant(page, RemoteAccess.WRITE);
      // snippet notify
      local.segment().setString(0, "rows 1 to 100");
      client.writeAndNotify(local, 0, remote, 0, 64, 100).await();
      // end
      ByteBuf message = transport.allocator().directBuffer();
      message.writeCharSequence("after that", UTF_8);
      client.send(message);
      if (!heard.await(30, TimeUnit.SECONDS)) {
        throw new IOException("the handler heard nothing");
      }
    }
  }

  private void oneSided() throws IOException {
    // snippet grants
    RegisteredMemory page = transport.allocate(4096);
    RemoteMemory remote = server.grant(page, RemoteAccess.READ, RemoteAccess.ATOMIC);
    // end
    try (page;
        RegisteredMemory local = transport.allocate(4096)) {
      page.segment().setString(0, "from the page");
      // snippet future
      CompletableFuture<Long> read = client.read(local, 0, remote, 0, 64).toFuture();
      read.thenRun(() -> System.out.println("read: " + local.segment().getString(0))).join();
      // end

      // snippet many
      var operations = new Operation[] {new Operation(), new Operation()}; // to be used again
      for (int i = 0; i < operations.length; i++) {
        if (!client.tryRead(local, i * 64L, remote, i * 64L, 64, operations[i])) {
          throw new IOException("too many operations are under way");
        }
      }
      for (Operation operation : operations) {
        operation.await();
      }
      // end

      // snippet lock
      boolean mine = client.compareSwap(remote, LOCK, 0, 1).await() == 0;
      System.out.println("the lock is " + (mine ? "mine" : "taken"));
      long ticket = client.fetchAdd(remote, LOCK + 8, 1).await();
      System.out.println("ticket " + ticket);
      // end
      System.out.println("the owner sees " + page.segment().get(ValueLayout.JAVA_LONG, LOCK));

      // snippet flush
      client.flush();
      // end

      // snippet counters
      EndpointCounters counters = client.counters();
      System.out.println(counters.messagesSent() + " messages, " + counters.operations() + " ops");
      System.out.println("endpoints: " + transport.counters().endpoints());
      // end

      // snippet revoke
      page.revoke(remote);
      try {
        client.read(local, 0, remote, 0, 64).await();
      } catch (TransportException e) {
        System.out.println(e.kind() + ", the endpoint is " + client.state());
      }
      // end
    }
  }

  private void endings(Listener listener) throws IOException {
    Endpoint one = transport.connect(listener.address());
    Endpoint other = listener.accept();
    one.send(transport.allocator().directBuffer().writeLong(1));
    // snippet goodbye
    one.close(); // the message above arrives first
    other.receive().release();
    try {
      other.receive().release();
    } catch (TransportException e) {
      System.out.println(e.kind() + ": " + e.getMessage());
    }
    // end
    other.close();
    Endpoint third = transport.connect(listener.address());
    Endpoint fourth = listener.accept();
    // snippet reset
    third.reset(); // at once; what is on its way may be lost
    try {
      fourth.receive().release();
    } catch (TransportException e) {
      System.out.println(e.kind() + ": " + e.getMessage());
    }
    // end
    fourth.close();
  }

  private static void callerProgress(TransportConfig config) throws IOException {
    try (Transport others = Transport.open(config);
        Listener listener = others.listen(new InetSocketAddress("localhost", 0))) {
      // snippet caller
      try (Transport spinning = Transport.open(config.withProgress(Progress.CALLER));
          Endpoint peer = spinning.connect(listener.address())) {
        peer.send(spinning.allocator().directBuffer().writeLong(1));
        spinning.poll(); // moves the data of all endpoints, and calls their handlers
        // end
        Endpoint accepted = listener.accept();
        ByteBuf message = accepted.receive();
        accepted.send(message);
        peer.receive().release();
        System.out.println("spun");
      }
    }
  }
}
