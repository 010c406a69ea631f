package io.verbena.rdmacm;

import io.verbena.ffi.ConnectionCalls;
import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.rdmacm.RdmaCm;
import io.verbena.ffi.rdmacm.rdma_addr;
import io.verbena.ffi.rdmacm.rdma_cm_id;
import io.verbena.ffi.rdmacm.rdma_cm_join_mc_attr_ex;
import io.verbena.ffi.rdmacm.rdma_conn_param;
import io.verbena.ffi.rdmacm.rdma_route;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_context;
import io.verbena.ffi.verbs.ibv_device;
import io.verbena.ffi.verbs.ibv_qp_attr;
import io.verbena.verbs.Device;
import io.verbena.verbs.NodeType;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.TransportType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;

/**
 * The calls on a {@code struct rdma_cm_id}. It passes from hand to hand (a route's becomes the
 * connection's), but exists once, and is used with its manager's lock only.
 */
final class CmId {
  final MemorySegment handle;
  final PortSpace portSpace;
  private boolean destroyed;

  CmId(MemorySegment handle, PortSpace portSpace) {
    this.handle = handle;
    this.portSpace = portSpace;
  }

  static CmId create(EventChannel channel, PortSpace portSpace) throws ConnectionException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment out = arena.allocate(RdmaCm.C_POINTER);
      int result =
          ConnectionCalls.createId(
              capture, channel.handle, out, MemorySegment.NULL, portSpace.code());
      check("rdma_create_id", portSpace.toString(), result, capture);
      return new CmId(out.get(RdmaCm.C_POINTER, 0), portSpace);
    }
  }

  long address() {
    return handle.address();
  }

  void setOptions(AddressOptions options) throws ConnectionException {
    if (options.typeOfService().isPresent()) {
      setByte(CmOption.TYPE_OF_SERVICE, options.typeOfService().getAsInt());
    }
    if (options.reuseAddress()) {
      setInt(CmOption.REUSE_ADDRESS, 1);
    }
    if (options.addressFamilyOnly().isPresent()) {
      setInt(CmOption.ADDRESS_FAMILY_ONLY, options.addressFamilyOnly().get() ? 1 : 0);
    }
    setAckTimeout(options);
  }

  /** The only option that an accepted identifier does not have from its listener. */
  void setAckTimeout(AddressOptions options) throws ConnectionException {
    if (options.ackTimeout().isPresent() && !portSpace.isDatagram()) {
      setByte(CmOption.ACK_TIMEOUT, options.ackTimeout().getAsInt());
    }
  }

  private void setByte(CmOption option, int value) throws ConnectionException {
    try (Arena arena = Arena.ofConfined()) {
      set(option, arena.allocateFrom(ValueLayout.JAVA_BYTE, (byte) value), value, arena);
    }
  }

  private void setInt(CmOption option, int value) throws ConnectionException {
    try (Arena arena = Arena.ofConfined()) {
      set(option, arena.allocateFrom(ValueLayout.JAVA_INT, value), value, arena);
    }
  }

  private void set(CmOption option, MemorySegment value, int number, Arena arena)
      throws ConnectionException {
    MemorySegment capture = ErrnoCalls.capture(arena);
    int result =
        ConnectionCalls.setOption(
            capture, handle, CmOption.LEVEL, option.code(), value, value.byteSize());
    check("rdma_set_option", option + "=" + number, result, capture);
  }

  void bind(InetSocketAddress address) throws ConnectionException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment local = SocketAddresses.write(address, arena);
      int result = ConnectionCalls.bindAddr(capture, handle, local);
      check("rdma_bind_addr", address.toString(), result, capture);
    }
  }

  void listen(InetSocketAddress address, int backlog) throws ConnectionException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      int result = ConnectionCalls.listen(capture, handle, backlog);
      check("rdma_listen", address.toString(), result, capture);
    }
  }

  void resolveAddress(AddressOptions options, InetSocketAddress remote, int millis)
      throws ConnectionException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment source =
          options
              .source()
              .map(local -> SocketAddresses.write(local, arena))
              .orElse(MemorySegment.NULL);
      MemorySegment destination = SocketAddresses.write(remote, arena);
      int result = ConnectionCalls.resolveAddr(capture, handle, source, destination, millis);
      check("rdma_resolve_addr", remote.toString(), result, capture);
    }
  }

  /** Only after the address is resolved: the library looks into the device unasked. */
  void resolveRoute(InetSocketAddress remote, int millis) throws ConnectionException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      int result = ConnectionCalls.resolveRoute(capture, handle, millis);
      check("rdma_resolve_route", remote.toString(), result, capture);
    }
  }

  void connect(QueuePair pair, ConnectionParameters parameters, String peer)
      throws ConnectionException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      int result = ConnectionCalls.connect(capture, handle, fill(pair, parameters, arena));
      check("rdma_connect", peer, result, capture);
    }
  }

  void accept(QueuePair pair, ConnectionParameters parameters, String peer)
      throws ConnectionException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      int result = ConnectionCalls.accept(capture, handle, fill(pair, parameters, arena));
      check("rdma_accept", peer, result, capture);
    }
  }

  private static MemorySegment fill(
      QueuePair pair, ConnectionParameters parameters, SegmentAllocator allocator) {
    MemorySegment param = rdma_conn_param.allocate(allocator);
    byte[] data = parameters.privateData().bytes();
    if (data.length > 0) {
      rdma_conn_param.private_data(param, allocator.allocateFrom(ValueLayout.JAVA_BYTE, data));
      rdma_conn_param.private_data_len(param, (byte) data.length);
    }
    rdma_conn_param.responder_resources(param, (byte) parameters.responderResources());
    rdma_conn_param.initiator_depth(param, (byte) parameters.initiatorDepth());
    rdma_conn_param.flow_control(param, (byte) (parameters.flowControl() ? 1 : 0));
    rdma_conn_param.retry_count(param, (byte) parameters.retryCount());
    rdma_conn_param.rnr_retry_count(param, (byte) parameters.rnrRetryCount());
    rdma_conn_param.srq(param, (byte) (pair.sharedReceiveQueue().isPresent() ? 1 : 0));
    rdma_conn_param.qp_num(param, pair.number());
    return param;
  }

  void establish(String peer) throws ConnectionException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      check("rdma_establish", peer, ConnectionCalls.establish(capture, handle), capture);
    }
  }

  void reject(PrivateData data, String peer) throws ConnectionException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment bytes =
          data.length() == 0
              ? MemorySegment.NULL
              : arena.allocateFrom(ValueLayout.JAVA_BYTE, data.bytes());
      int result = ConnectionCalls.reject(capture, handle, bytes, (byte) data.length());
      check("rdma_reject", peer, result, capture);
    }
  }

  void disconnect(String peer) throws ConnectionException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      check("rdma_disconnect", peer, ConnectionCalls.disconnect(capture, handle), capture);
    }
  }

  void communicationEstablished(String peer) throws ConnectionException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      int event = Verbs.IBV_EVENT_COMM_EST();
      check("rdma_notify", peer, ConnectionCalls.notifyEvent(capture, handle, event), capture);
    }
  }

  void migrate(EventChannel channel, String what) throws ConnectionException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      int result = ConnectionCalls.migrateId(capture, handle, channel.handle);
      check("rdma_migrate_id", what, result, capture);
    }
  }

  /**
   * Joins a group.
   *
   * @param membership a number that comes back with the membership's events
   */
  void joinMulticast(InetSocketAddress group, boolean sendOnly, long membership)
      throws ConnectionException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment attributes = rdma_cm_join_mc_attr_ex.allocate(arena);
      rdma_cm_join_mc_attr_ex.comp_mask(
          attributes,
          RdmaCm.RDMA_CM_JOIN_MC_ATTR_ADDRESS() | RdmaCm.RDMA_CM_JOIN_MC_ATTR_JOIN_FLAGS());
      rdma_cm_join_mc_attr_ex.join_flags(
          attributes,
          sendOnly
              ? RdmaCm.RDMA_MC_JOIN_FLAG_SENDONLY_FULLMEMBER()
              : RdmaCm.RDMA_MC_JOIN_FLAG_FULLMEMBER());
      rdma_cm_join_mc_attr_ex.addr(attributes, SocketAddresses.write(group, arena));
      MemorySegment context = MemorySegment.ofAddress(membership);
      int result = ConnectionCalls.joinMulticastEx(capture, handle, attributes, context);
      check("rdma_join_multicast_ex", group.toString(), result, capture);
    }
  }

  void leaveMulticast(InetSocketAddress group) throws ConnectionException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment address = SocketAddresses.write(group, arena);
      int result = ConnectionCalls.leaveMulticast(capture, handle, address);
      check("rdma_leave_multicast", group.toString(), result, capture);
    }
  }

  /**
   * What the connection manager wants the queue pair to have in a state.
   *
   * @param state {@code IBV_QPS_*}
   * @param maskOut where the mask goes
   * @return a {@code struct ibv_qp_attr}
   */
  MemorySegment queuePairAttributes(int state, MemorySegment maskOut, SegmentAllocator allocator)
      throws ConnectionException {
    MemorySegment capture = ErrnoCalls.capture(allocator);
    MemorySegment attr = ibv_qp_attr.allocate(allocator);
    ibv_qp_attr.qp_state(attr, state);
    int result = ConnectionCalls.initQpAttr(capture, handle, attr, maskOut);
    check("rdma_init_qp_attr", "state=" + state, result, capture);
    return attr;
  }

  InetSocketAddress localAddress() {
    return SocketAddresses.read(rdma_addr.src_storage(addresses()));
  }

  InetSocketAddress remoteAddress() {
    return SocketAddresses.read(rdma_addr.dst_storage(addresses()));
  }

  private MemorySegment addresses() {
    return rdma_route.addr(rdma_cm_id.route(handle));
  }

  /** Whether the address has led to a device. */
  boolean hasDevice() {
    return rdma_cm_id.verbs(handle).address() != 0;
  }

  Device device() {
    MemorySegment device = ibv_context.device(rdma_cm_id.verbs(handle));
    return new Device(
        Verbs.ibv_get_device_name(device).getString(0),
        Long.reverseBytes(Verbs.ibv_get_device_guid(device)),
        NodeType.of(ibv_device.node_type(device)),
        TransportType.of(ibv_device.transport_type(device)));
  }

  int port() {
    return rdma_cm_id.port_num(handle) & 0xff;
  }

  /** All of its events are acknowledged, or this would wait for ever. */
  void destroy() throws ConnectionException {
    if (destroyed) {
      return;
    }
    destroyed = true;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      check("rdma_destroy_id", "", ConnectionCalls.destroyId(capture, handle), capture);
    }
  }

  private static void check(String call, String arguments, int result, MemorySegment capture)
      throws ConnectionException {
    if (result != 0) {
      throw ConnectionException.ofCall(call, arguments, ErrnoCalls.errno(capture));
    }
  }
}
