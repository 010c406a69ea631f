package io.verbena.verbs;

import io.verbena.ffi.verbs.ibv_ah_attr;
import io.verbena.ffi.verbs.ibv_gid;
import io.verbena.ffi.verbs.ibv_global_route;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The way of packets to a peer; stands for {@code struct ibv_ah_attr} with its {@code struct
 * ibv_global_route}, see {@code man ibv_create_ah}. Immutable.
 *
 * @param port the local port, counted from 1 to 255; 0 in what a device says that has none yet
 * @param gidIndex the place of the local GID in the port's table, 0 to 255
 * @param lid the peer's LID, 16 bits; 0 on Ethernet
 * @param gid the peer's GID, or that of a multicast group
 * @param global whether packets carry a route header with the GIDs: always on Ethernet
 * @param serviceLevel the InfiniBand service level or the Ethernet priority, 0 to 15
 * @param trafficClass the traffic class of the route header, 0 to 255
 * @param hopLimit how many routers packets may pass, 1 to 255; 0 without route header
 * @param flowLabel the flow label of the route header, 20 bits
 * @param sourcePathBits the low bits of the local LID, where the port answers to several; 0 to 127
 * @param staticRate the code of the rate that the path is limited to, {@code enum ibv_rate}, 0 to
 *     255; 0 for the port's own
 */
public record AddressVector(
    int port,
    int gidIndex,
    int lid,
    Gid gid,
    boolean global,
    int serviceLevel,
    int trafficClass,
    int hopLimit,
    int flowLabel,
    int sourcePathBits,
    int staticRate) {
  private static final int SERVICE_LEVELS = 0xf;
  private static final int FLOW_LABELS = 0xfffff;
  private static final int PATH_BITS = 0x7f;

  /**
   * Checks that everything fits its field of the C structure: nothing is cut off silently.
   *
   * @throws IllegalArgumentException if a number is out of its range
   */
  public AddressVector {
    check("port", port, 0xff);
    check("gidIndex", gidIndex, 0xff);
    check("lid", lid, 0xffff);
    check("serviceLevel", serviceLevel, SERVICE_LEVELS);
    check("trafficClass", trafficClass, 0xff);
    check("hopLimit", hopLimit, 0xff);
    check("flowLabel", flowLabel, FLOW_LABELS);
    check("sourcePathBits", sourcePathBits, PATH_BITS);
    check("staticRate", staticRate, 0xff);
  }

  private static void check(String name, int value, int greatest) {
    if (value < 0 || value > greatest) {
      throw new IllegalArgumentException(name + " is 0 to " + greatest + ", not " + value);
    }
  }

  /**
   * A vector without flow label, source path bits and static rate.
   *
   * @param port the local port, counted from 1
   * @param gidIndex the place of the local GID in the port's table
   * @param lid the peer's LID, 0 on Ethernet
   * @param gid the peer's GID, or that of a multicast group
   * @param global whether packets carry a route header with the GIDs: always on Ethernet
   * @param serviceLevel the InfiniBand service level or the Ethernet priority, 0 to 15
   * @param trafficClass the traffic class of the route header, 0 to 255
   * @param hopLimit how many routers packets may pass, 1 to 255
   */
  public AddressVector(
      int port,
      int gidIndex,
      int lid,
      Gid gid,
      boolean global,
      int serviceLevel,
      int trafficClass,
      int hopLimit) {
    this(
        port,
        gidIndex,
        lid,
        gid,
        global,
        serviceLevel,
        trafficClass,
        hopLimit,
        /* flowLabel= */ 0,
        /* sourcePathBits= */ 0,
        /* staticRate= */ 0);
  }

  /** The way from one end of a connection to the other. */
  static AddressVector between(
      QueuePairAddress mine,
      QueuePairAddress remote,
      ConnectOptions options,
      boolean routeHeaderRequired) {
    if (mine.linkLayer() != remote.linkLayer()) {
      throw new IllegalArgumentException(
          "this port speaks " + mine.linkLayer() + " and the peer's " + remote.linkLayer());
    }
    // On InfiniBand, packets within a subnet find their way by LID alone.
    boolean global =
        mine.linkLayer() == LinkLayer.ETHERNET
            || remote.lid() == 0
            || remote.gid().subnetPrefix() != mine.gid().subnetPrefix()
            || routeHeaderRequired;
    return new AddressVector(
        mine.port(),
        mine.gidIndex(),
        remote.lid(),
        remote.gid(),
        global,
        options.serviceLevel(),
        options.trafficClass(),
        options.hopLimit());
  }

  static AddressVector of(MemorySegment attr) {
    MemorySegment route = ibv_ah_attr.grh(attr);
    boolean global = ibv_ah_attr.is_global(attr) != 0;
    return new AddressVector(
        ibv_ah_attr.port_num(attr) & 0xff,
        ibv_global_route.sgid_index(route) & 0xff,
        ibv_ah_attr.dlid(attr) & 0xffff,
        Gid.of(ibv_gid.raw(ibv_global_route.dgid(route)).toArray(ValueLayout.JAVA_BYTE)),
        global,
        ibv_ah_attr.sl(attr) & SERVICE_LEVELS,
        ibv_global_route.traffic_class(route) & 0xff,
        ibv_global_route.hop_limit(route) & 0xff,
        ibv_global_route.flow_label(route) & FLOW_LABELS,
        ibv_ah_attr.src_path_bits(attr) & PATH_BITS,
        ibv_ah_attr.static_rate(attr) & 0xff);
  }

  void fill(MemorySegment attr) {
    ibv_ah_attr.dlid(attr, (short) lid);
    ibv_ah_attr.sl(attr, (byte) serviceLevel);
    ibv_ah_attr.src_path_bits(attr, (byte) sourcePathBits);
    ibv_ah_attr.static_rate(attr, (byte) staticRate);
    ibv_ah_attr.port_num(attr, (byte) port);
    if (global) {
      ibv_ah_attr.is_global(attr, (byte) 1);
      MemorySegment route = ibv_ah_attr.grh(attr);
      MemorySegment.copy(
          gid.toBytes(),
          0,
          ibv_gid.raw(ibv_global_route.dgid(route)),
          ValueLayout.JAVA_BYTE,
          0,
          Gid.BYTES);
      ibv_global_route.flow_label(route, flowLabel);
      ibv_global_route.sgid_index(route, (byte) gidIndex);
      ibv_global_route.hop_limit(route, (byte) hopLimit);
      ibv_global_route.traffic_class(route, (byte) trafficClass);
    }
  }
}
