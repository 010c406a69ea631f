package io.verbena.rdmacm;

import io.verbena.verbs.AddressVector;

/**
 * Where to send datagrams to; stands for {@code struct rdma_ud_param}, see {@code man
 * rdma_get_cm_event}. Immutable.
 *
 * @param path the way there: make an address handle of it
 * @param queuePairNumber the number of the peer's queue pair; for a multicast group 0xffffff
 * @param queueKey the key that the datagrams must carry
 */
public record DatagramPeer(AddressVector path, int queuePairNumber, int queueKey) {}
