package io.verbena.doctor;

/**
 * How Verbena talks with a peer, as was tried. Immutable.
 *
 * @param address who was asked for
 * @param rdmaWorks whether messages and writes got through by RDMA, both ways
 * @param link what carries the data: the whole report for RDMA, the network interface for TCP;
 *     empty if there was no conversation
 */
public record Peer(String address, boolean rdmaWorks, String link) {
  /** Makes both fit for a terminal. */
  public Peer {
    address = Evidence.printable(address);
    link = Evidence.printable(link);
  }
}
