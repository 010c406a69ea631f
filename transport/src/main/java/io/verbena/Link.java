package io.verbena;

/** What carries an endpoint's data: printable, and always with the reason where it is not RDMA. */
public sealed interface Link {
  /**
   * RDMA.
   *
   * @param device the adapter, as in {@code ibv_devices(1)}
   * @param port its port, from 1
   */
  record Rdma(String device, int port) implements Link {
    @Override
    public String toString() {
      return "RDMA " + device + ":" + port;
    }
  }

  /**
   * TCP.
   *
   * @param nic the network interface
   * @param why why it is not RDMA
   */
  record Tcp(String nic, String why) implements Link {
    @Override
    public String toString() {
      return "TCP " + nic + ", no RDMA: " + why;
    }
  }
}
