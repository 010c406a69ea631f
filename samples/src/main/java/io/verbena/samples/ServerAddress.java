package io.verbena.samples;

import java.net.InetSocketAddress;
import picocli.CommandLine.Parameters;

/** Where a client finds its server: the first two parameters of all clients. */
public final class ServerAddress {
  @Parameters(index = "0", paramLabel = "HOST", description = "Where the server runs.")
  private String host = "";

  @Parameters(index = "1", paramLabel = "PORT", description = "Its port.", converter = Port.class)
  private int port;

  /** Creates the parameters, for picocli. */
  public ServerAddress() {}

  /**
   * The address.
   *
   * @return host and port; connecting looks the host up, and tries all of its addresses
   */
  public InetSocketAddress address() {
    return InetSocketAddress.createUnresolved(host, port);
  }
}
