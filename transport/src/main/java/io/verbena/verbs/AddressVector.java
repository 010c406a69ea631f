package io.verbena.verbs;

/**
 * The way of packets to a peer; stands for {@code struct ibv_ah_attr} with its {@code struct
 * ibv_global_route}, see {@code man ibv_create_ah}. Immutable.
 *
 * @param port the local port, counted from 1
 * @param gidIndex the place of the local GID in the port's table
 * @param lid the peer's LID, 0 on Ethernet
 * @param gid the peer's GID
 * @param global whether packets carry a route header with the GIDs: always on Ethernet
 * @param serviceLevel the InfiniBand service level or the Ethernet priority, 0 to 15
 * @param trafficClass the traffic class of the route header, 0 to 255
 * @param hopLimit how many routers packets may pass, 1 to 255
 */
public record AddressVector(
    int port,
    int gidIndex,
    int lid,
    Gid gid,
    boolean global,
    int serviceLevel,
    int trafficClass,
    int hopLimit) {}
