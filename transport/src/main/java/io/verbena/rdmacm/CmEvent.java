package io.verbena.rdmacm;

import io.verbena.ffi.rdmacm.ibv_ah_attr;
import io.verbena.ffi.rdmacm.ibv_global_route;
import io.verbena.ffi.rdmacm.rdma_cm_event;
import io.verbena.ffi.rdmacm.rdma_cm_id;
import io.verbena.ffi.rdmacm.rdma_conn_param;
import io.verbena.ffi.rdmacm.rdma_ud_param;
import io.verbena.verbs.AddressVector;
import io.verbena.verbs.Gid;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * A copy of a {@code struct rdma_cm_event}: the original is acknowledged at once, because
 * destroying an identifier waits for that.
 *
 * @param type one of the constants
 * @param status 0, a negative errno, or a reason to reject
 * @param id the identifier that it is about; of a request, a new one
 * @param listener of a request, the address of the listening identifier; else 0
 * @param membership of a multicast event, the number that {@link CmId#joinMulticast} was given;
 *     else 0
 * @param privateData what the peer sent along
 * @param peer of a connection, the peer's parameters
 * @param datagramPeer of a datagram service or a multicast group, where to send to
 */
record CmEvent(
    int type,
    int status,
    MemorySegment id,
    long listener,
    long membership,
    PrivateData privateData,
    @Nullable PeerParameters peer,
    @Nullable DatagramPeer datagramPeer) {
  // enum rdma_cm_event_type
  static final int ADDR_RESOLVED = 0;
  static final int ADDR_ERROR = 1;
  static final int ROUTE_RESOLVED = 2;
  static final int ROUTE_ERROR = 3;
  static final int CONNECT_REQUEST = 4;
  static final int CONNECT_RESPONSE = 5;
  static final int CONNECT_ERROR = 6;
  static final int UNREACHABLE = 7;
  static final int REJECTED = 8;
  static final int ESTABLISHED = 9;
  static final int DISCONNECTED = 10;
  static final int DEVICE_REMOVAL = 11;
  static final int MULTICAST_JOIN = 12;
  static final int MULTICAST_ERROR = 13;
  static final int ADDR_CHANGE = 14;
  static final int TIMEWAIT_EXIT = 15;

  private static final String[] NAMES = {
    "ADDR_RESOLVED",
    "ADDR_ERROR",
    "ROUTE_RESOLVED",
    "ROUTE_ERROR",
    "CONNECT_REQUEST",
    "CONNECT_RESPONSE",
    "CONNECT_ERROR",
    "UNREACHABLE",
    "REJECTED",
    "ESTABLISHED",
    "DISCONNECTED",
    "DEVICE_REMOVAL",
    "MULTICAST_JOIN",
    "MULTICAST_ERROR",
    "ADDR_CHANGE",
    "TIMEWAIT_EXIT"
  };

  private static final int DATAGRAM_QUEUE_PAIR = 4;

  static CmEvent copyOf(MemorySegment event) {
    int type = rdma_cm_event.event(event);
    MemorySegment id = rdma_cm_event.id(event);
    MemorySegment parameters = rdma_cm_event.param(event);
    boolean multicast = type == MULTICAST_JOIN || type == MULTICAST_ERROR;
    boolean datagram = multicast || rdma_cm_id.qp_type(id) == DATAGRAM_QUEUE_PAIR;
    MemorySegment conn = rdma_cm_event.param.conn(parameters);
    MemorySegment ud = rdma_cm_event.param.ud(parameters);
    PrivateData data = PrivateData.none();
    if (!multicast) {
      // The two parameters' first fields are the same. Of a multicast event the pointer is a
      // number.
      int length = rdma_conn_param.private_data_len(conn) & 0xff;
      MemorySegment from = rdma_conn_param.private_data(conn);
      if (from.address() != 0 && length > 0) {
        data = PrivateData.raw(from.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
      }
    }
    return new CmEvent(
        type,
        rdma_cm_event.status(event),
        id,
        rdma_cm_event.listen_id(event).address(),
        multicast ? rdma_ud_param.private_data(ud).address() : 0,
        data,
        datagram ? null : peer(conn),
        datagram ? datagramPeer(ud) : null);
  }

  private static PeerParameters peer(MemorySegment conn) {
    return new PeerParameters(
        rdma_conn_param.responder_resources(conn) & 0xff,
        rdma_conn_param.initiator_depth(conn) & 0xff,
        rdma_conn_param.flow_control(conn) != 0,
        rdma_conn_param.retry_count(conn) & 0xff,
        rdma_conn_param.rnr_retry_count(conn) & 0xff,
        rdma_conn_param.srq(conn) != 0,
        rdma_conn_param.qp_num(conn));
  }

  private static DatagramPeer datagramPeer(MemorySegment ud) {
    MemorySegment attr = rdma_ud_param.ah_attr(ud);
    MemorySegment route = ibv_ah_attr.grh(attr);
    AddressVector path =
        new AddressVector(
            ibv_ah_attr.port_num(attr) & 0xff,
            ibv_global_route.sgid_index(route) & 0xff,
            ibv_ah_attr.dlid(attr) & 0xffff,
            Gid.of(
                ibv_global_route.dgid(route).asSlice(0, Gid.BYTES).toArray(ValueLayout.JAVA_BYTE)),
            ibv_ah_attr.is_global(attr) != 0,
            ibv_ah_attr.sl(attr) & 0xff,
            ibv_global_route.traffic_class(route) & 0xff,
            ibv_global_route.hop_limit(route) & 0xff,
            ibv_global_route.flow_label(route),
            ibv_ah_attr.src_path_bits(attr) & 0xff,
            ibv_ah_attr.static_rate(attr) & 0xff);
    return new DatagramPeer(path, rdma_ud_param.qp_num(ud), rdma_ud_param.qkey(ud));
  }

  /** As the header file has it. */
  String name() {
    return "RDMA_CM_EVENT_" + (type >= 0 && type < NAMES.length ? NAMES[type] : "number " + type);
  }
}
