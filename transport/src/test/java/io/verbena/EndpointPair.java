package io.verbena;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Two transports in one process, connected. Where callers make the progress, a thread polls the
 * server's side, as a program with something else to do would.
 */
final class EndpointPair implements AutoCloseable {
  /** An emulated guest on a busy machine takes its time; deadlines are tested where they matter. */
  static final TransportConfig PATIENT =
      TransportConfig.defaults()
          .withConnectTimeout(Duration.ofSeconds(60))
          .withProbeTimeout(Duration.ofSeconds(30));

  final Transport clientTransport;
  final Transport serverTransport;
  final Endpoint client;
  final Endpoint server;
  private final List<Thread> pollers = new ArrayList<>();
  private volatile boolean closed;

  EndpointPair(TransportConfig config) throws IOException {
    this(config, config);
  }

  EndpointPair(TransportConfig clientConfig, TransportConfig serverConfig) throws IOException {
    this(clientConfig, serverConfig, true);
  }

  /** For programs that have a thread at each end, which wait for each other. */
  static EndpointPair withoutPollers(TransportConfig config) throws IOException {
    return new EndpointPair(config, config, false);
  }

  private EndpointPair(TransportConfig clientConfig, TransportConfig serverConfig, boolean polled)
      throws IOException {
    clientTransport = Transport.open(clientConfig);
    serverTransport = Transport.open(serverConfig);
    try (Listener listener = serverTransport.listen(anyPort())) {
      var accepted =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return listener.accept();
                } catch (TransportException e) {
                  throw new IllegalStateException(e);
                }
              });
      client = clientTransport.connect(listener.address());
      server = accepted.get();
    } catch (InterruptedException | ExecutionException e) {
      throw new IOException("the pair was not connected", e);
    }
    if (polled && serverConfig.progress() == Progress.CALLER) {
      poll(server);
    }
    if (polled && clientConfig.progress() == Progress.CALLER) {
      poll(client);
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // More spinners than cores.
  private void poll(Endpoint endpoint) {
    pollers.add(
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  while (!closed) {
                    if (endpoint.poll() == 0) {
                      Thread.yield();
                    }
                  }
                }));
  }

  static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  /** A buffer with bytes that follow from a seed. */
  static ByteBuf random(long seed, int bytes) {
    byte[] content = new byte[bytes];
    new Random(seed).nextBytes(content);
    return Unpooled.directBuffer(Math.max(1, bytes)).writeBytes(content);
  }

  static ByteBuf number(long value) {
    return Unpooled.directBuffer(8).writeLong(value);
  }

  @Override
  public void close() {
    client.close();
    server.close();
    closed = true;
    clientTransport.close();
    serverTransport.close();
    pollers.forEach(Threads::joinUninterruptibly);
  }
}
