package io.verbena.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.verbena.Endpoint;
import io.verbena.Link;
import io.verbena.Listener;
import io.verbena.RdmaMode;
import io.verbena.Transport;
import io.verbena.TransportConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;

/** A server's and a client's transport, over the link that a test asks for. */
public final class Pair implements AutoCloseable {
  private final RdmaMode mode;
  public final Transport server;
  public final Transport client;
  public final Listener listener;

  public Pair(RdmaMode mode) throws IOException {
    this(mode, TransportConfig.defaults());
  }

  public Pair(RdmaMode mode, TransportConfig ofClient) throws IOException {
    this.mode = mode;
    server = Transport.open(patient(TransportConfig.defaults()));
    client = Transport.open(patient(ofClient));
    listener = server.listen(new InetSocketAddress("localhost", 0));
  }

  private TransportConfig patient(TransportConfig config) {
    return config
        .withRdma(mode)
        .withConnectTimeout(Duration.ofSeconds(30))
        .withProbeTimeout(Duration.ofSeconds(10));
  }

  /** Another client. */
  public Transport open(TransportConfig config) throws IOException {
    return Transport.open(patient(config));
  }

  /** Connects, and makes sure of the link. */
  public Endpoint connect() throws IOException {
    return checked(client.connect(listener.address()));
  }

  public Endpoint checked(Endpoint endpoint) {
    assertEquals(
        mode == RdmaMode.REQUIRED, endpoint.link() instanceof Link.Rdma, endpoint.link()::toString);
    return endpoint;
  }

  @Override
  public void close() {
    client.close();
    server.close();
  }
}
