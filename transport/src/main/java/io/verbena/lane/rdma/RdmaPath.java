package io.verbena.lane.rdma;

/**
 * What a queue pair of ours starts from: a port, one of its addresses and a partition.
 *
 * @param adapter the opened adapter
 * @param port its port
 * @param gidIndex the place of the address
 * @param pkey the partition key, which the peer must have too
 * @param pkeyIndex the key's place in the port's table
 * @param maxMessageBytes longest message of one work request, in bytes
 */
public record RdmaPath(
    RdmaAdapter adapter, int port, int gidIndex, int pkey, int pkeyIndex, long maxMessageBytes) {
  /** Where it is, as in {@code mlx5_0:1}. */
  public String place() {
    return adapter.device() + ':' + port;
  }
}
