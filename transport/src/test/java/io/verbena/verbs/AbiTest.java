package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.verbena.RdmaTest;
import io.verbena.ffi.verbs.Verbs;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * The numbers that are written down here a second time, against the generated ones; needs the
 * library, because touching {@code Verbs} does.
 */
@RdmaTest
class AbiTest {
  @Test
  void shouldAgreeOnConstants() throws ReflectiveOperationException {
    Map<String, Integer> expected =
        Map.ofEntries(
            Map.entry("QP_STATE_MASK", Verbs.IBV_QP_STATE()),
            Map.entry("QP_CAPABILITIES_MASK", Verbs.IBV_QP_CAP()),
            Map.entry("WR_WRITE", Verbs.IBV_WR_RDMA_WRITE()),
            Map.entry("WR_WRITE_IMMEDIATE", Verbs.IBV_WR_RDMA_WRITE_WITH_IMM()),
            Map.entry("WR_SEND", Verbs.IBV_WR_SEND()),
            Map.entry("WR_SEND_IMMEDIATE", Verbs.IBV_WR_SEND_WITH_IMM()),
            Map.entry("WR_READ", Verbs.IBV_WR_RDMA_READ()),
            Map.entry("WR_COMPARE_AND_SWAP", Verbs.IBV_WR_ATOMIC_CMP_AND_SWP()),
            Map.entry("WR_FETCH_AND_ADD", Verbs.IBV_WR_ATOMIC_FETCH_AND_ADD()),
            Map.entry("WR_INVALIDATE", Verbs.IBV_WR_LOCAL_INV()),
            Map.entry("WR_BIND_WINDOW", Verbs.IBV_WR_BIND_MW()),
            Map.entry("WR_SEND_INVALIDATE", Verbs.IBV_WR_SEND_WITH_INV()),
            Map.entry("WC_WITH_INVALIDATE", Verbs.IBV_WC_WITH_INV()),
            // The kernel's IB_WC_WITH_INVALIDATE, which no header of user space has.
            Map.entry("WC_KERNEL_WITH_INVALIDATE", 4),
            Map.entry("SEND_FENCE", Verbs.IBV_SEND_FENCE()),
            Map.entry("SEND_SIGNALED", Verbs.IBV_SEND_SIGNALED()),
            Map.entry("SEND_SOLICITED", Verbs.IBV_SEND_SOLICITED()),
            Map.entry("SEND_INLINE", Verbs.IBV_SEND_INLINE()),
            Map.entry("WC_RECEIVE_WRITE_IMMEDIATE", Verbs.IBV_WC_RECV_RDMA_WITH_IMM()),
            Map.entry("WC_ROUTE_HEADER", Verbs.IBV_WC_GRH()),
            Map.entry("WC_WITH_IMMEDIATE", Verbs.IBV_WC_WITH_IMM()),
            Map.entry("PORT_ROUTE_HEADER_REQUIRED", Verbs.IBV_QPF_GRH_REQUIRED()));
    for (var field : Abi.class.getDeclaredFields()) {
      if (Modifier.isStatic(field.getModifiers()) && field.getType() == int.class) {
        Integer value = expected.get(field.getName());
        assertNotNull(value, field.getName() + " is not compared: add it here");
        assertEquals(value, field.getInt(null), field.getName());
      }
    }
  }

  @Test
  void shouldAgreeOnStates() {
    List<Integer> states =
        List.of(
            Verbs.IBV_QPS_RESET(),
            Verbs.IBV_QPS_INIT(),
            Verbs.IBV_QPS_RTR(),
            Verbs.IBV_QPS_RTS(),
            Verbs.IBV_QPS_SQD(),
            Verbs.IBV_QPS_SQE(),
            Verbs.IBV_QPS_ERR(),
            Verbs.IBV_QPS_UNKNOWN());
    List<QueuePairState> ours = Arrays.asList(QueuePairState.values());
    assertEquals(states, ours.stream().map(QueuePairState::code).toList());
    assertEquals(ours, states.stream().map(QueuePairState::of).toList());
    assertEquals(PortState.NOP, PortState.of(Verbs.IBV_PORT_NOP()));
    assertEquals(PortState.DOWN, PortState.of(Verbs.IBV_PORT_DOWN()));
    assertEquals(PortState.INIT, PortState.of(Verbs.IBV_PORT_INIT()));
    assertEquals(PortState.ARMED, PortState.of(Verbs.IBV_PORT_ARMED()));
    assertEquals(PortState.ACTIVE, PortState.of(Verbs.IBV_PORT_ACTIVE()));
    assertEquals(PortState.ACTIVE_DEFER, PortState.of(Verbs.IBV_PORT_ACTIVE_DEFER()));
  }

  @Test
  void shouldAgreeOnTypes() {
    assertEquals(Verbs.IBV_QPT_RC(), QueuePairType.RELIABLE.code());
    assertEquals(Verbs.IBV_QPT_UC(), QueuePairType.UNRELIABLE.code());
    assertEquals(Verbs.IBV_QPT_UD(), QueuePairType.DATAGRAM.code());
    assertEquals(Verbs.IBV_QPT_XRC_SEND(), QueuePairType.XRC_SEND.code());
    assertEquals(Verbs.IBV_QPT_XRC_RECV(), QueuePairType.XRC_RECEIVE.code());
    assertEquals(LinkLayer.UNSPECIFIED, LinkLayer.of(Verbs.IBV_LINK_LAYER_UNSPECIFIED()));
    assertEquals(LinkLayer.INFINIBAND, LinkLayer.of(Verbs.IBV_LINK_LAYER_INFINIBAND()));
    assertEquals(LinkLayer.ETHERNET, LinkLayer.of(Verbs.IBV_LINK_LAYER_ETHERNET()));
    assertEquals(GidType.INFINIBAND, GidType.of(Verbs.IBV_GID_TYPE_IB()));
    assertEquals(GidType.ROCE_V1, GidType.of(Verbs.IBV_GID_TYPE_ROCE_V1()));
    assertEquals(GidType.ROCE_V2, GidType.of(Verbs.IBV_GID_TYPE_ROCE_V2()));
    assertEquals(
        DeviceAttributes.Atomicity.ADAPTER, DeviceAttributes.Atomicity.of(Verbs.IBV_ATOMIC_HCA()));
    assertEquals(
        DeviceAttributes.Atomicity.GLOBAL, DeviceAttributes.Atomicity.of(Verbs.IBV_ATOMIC_GLOB()));
    assertEquals(Verbs.IBV_MTU_256(), Mtu.code(256));
    assertEquals(Verbs.IBV_MTU_512(), Mtu.code(512));
    assertEquals(Verbs.IBV_MTU_1024(), Mtu.code(1024));
    assertEquals(Verbs.IBV_MTU_2048(), Mtu.code(2048));
    assertEquals(Verbs.IBV_MTU_4096(), Mtu.code(4096));
  }

  @Test
  void shouldAgreeOnKindsOfDevices() {
    assertEquals(
        Arrays.asList(NodeType.values()),
        Stream.of(
                Verbs.IBV_NODE_UNKNOWN(),
                Verbs.IBV_NODE_CA(),
                Verbs.IBV_NODE_SWITCH(),
                Verbs.IBV_NODE_ROUTER(),
                Verbs.IBV_NODE_RNIC(),
                Verbs.IBV_NODE_USNIC(),
                Verbs.IBV_NODE_USNIC_UDP(),
                Verbs.IBV_NODE_UNSPECIFIED())
            .map(NodeType::of)
            .toList());
    assertEquals(
        Arrays.asList(TransportType.values()),
        Stream.of(
                Verbs.IBV_TRANSPORT_IB(),
                Verbs.IBV_TRANSPORT_IWARP(),
                Verbs.IBV_TRANSPORT_USNIC(),
                Verbs.IBV_TRANSPORT_USNIC_UDP(),
                Verbs.IBV_TRANSPORT_UNSPECIFIED(),
                Verbs.IBV_TRANSPORT_UNKNOWN())
            .map(TransportType::of)
            .toList());
  }

  @Test
  void shouldAgreeOnCapabilities() {
    Map<DeviceCapability, Integer> flags =
        Map.ofEntries(
            Map.entry(DeviceCapability.RESIZE_QUEUE_PAIR, Verbs.IBV_DEVICE_RESIZE_MAX_WR()),
            Map.entry(DeviceCapability.BAD_PKEY_COUNTER, Verbs.IBV_DEVICE_BAD_PKEY_CNTR()),
            Map.entry(DeviceCapability.BAD_QUEUE_KEY_COUNTER, Verbs.IBV_DEVICE_BAD_QKEY_CNTR()),
            Map.entry(DeviceCapability.RAW_MULTICAST, Verbs.IBV_DEVICE_RAW_MULTI()),
            Map.entry(DeviceCapability.AUTOMATIC_PATH_MIGRATION, Verbs.IBV_DEVICE_AUTO_PATH_MIG()),
            Map.entry(DeviceCapability.CHANGE_PHYSICAL_PORT, Verbs.IBV_DEVICE_CHANGE_PHY_PORT()),
            Map.entry(
                DeviceCapability.DATAGRAM_PORT_ENFORCED, Verbs.IBV_DEVICE_UD_AV_PORT_ENFORCE()),
            Map.entry(
                DeviceCapability.CURRENT_STATE_MODIFIER, Verbs.IBV_DEVICE_CURR_QP_STATE_MOD()),
            Map.entry(DeviceCapability.SHUTDOWN_PORT, Verbs.IBV_DEVICE_SHUTDOWN_PORT()),
            Map.entry(DeviceCapability.INITIALISATION_TYPE, Verbs.IBV_DEVICE_INIT_TYPE()),
            Map.entry(DeviceCapability.PORT_ACTIVE_EVENT, Verbs.IBV_DEVICE_PORT_ACTIVE_EVENT()),
            Map.entry(DeviceCapability.SYSTEM_IMAGE_GUID, Verbs.IBV_DEVICE_SYS_IMAGE_GUID()),
            Map.entry(DeviceCapability.RECEIVER_NOT_READY, Verbs.IBV_DEVICE_RC_RNR_NAK_GEN()),
            Map.entry(DeviceCapability.RESIZE_SHARED_RECEIVE_QUEUE, Verbs.IBV_DEVICE_SRQ_RESIZE()),
            Map.entry(DeviceCapability.NOTIFY_AFTER_SEVERAL, Verbs.IBV_DEVICE_N_NOTIFY_CQ()),
            Map.entry(DeviceCapability.MEMORY_WINDOW, Verbs.IBV_DEVICE_MEM_WINDOW()),
            Map.entry(DeviceCapability.DATAGRAM_CHECKSUM, Verbs.IBV_DEVICE_UD_IP_CSUM()),
            Map.entry(DeviceCapability.EXTENDED_RELIABLE, Verbs.IBV_DEVICE_XRC()),
            Map.entry(DeviceCapability.MEMORY_MANAGEMENT, Verbs.IBV_DEVICE_MEM_MGT_EXTENSIONS()),
            Map.entry(
                DeviceCapability.MEMORY_WINDOW_TYPE_2A, Verbs.IBV_DEVICE_MEM_WINDOW_TYPE_2A()),
            Map.entry(
                DeviceCapability.MEMORY_WINDOW_TYPE_2B, Verbs.IBV_DEVICE_MEM_WINDOW_TYPE_2B()),
            Map.entry(DeviceCapability.RELIABLE_CHECKSUM, Verbs.IBV_DEVICE_RC_IP_CSUM()),
            Map.entry(DeviceCapability.RAW_CHECKSUM, Verbs.IBV_DEVICE_RAW_IP_CSUM()),
            Map.entry(DeviceCapability.FLOW_STEERING, Verbs.IBV_DEVICE_MANAGED_FLOW_STEERING()));
    assertEquals(DeviceCapability.values().length, flags.size());
    flags.forEach(
        (capability, flag) -> assertEquals(Set.of(capability), DeviceCapability.of(flag)));
  }

  @Test
  void shouldAgreeOnPagedOperations() {
    List<Integer> flags =
        List.of(
            Verbs.IBV_ODP_SUPPORT_SEND(),
            Verbs.IBV_ODP_SUPPORT_RECV(),
            Verbs.IBV_ODP_SUPPORT_WRITE(),
            Verbs.IBV_ODP_SUPPORT_READ(),
            Verbs.IBV_ODP_SUPPORT_ATOMIC(),
            Verbs.IBV_ODP_SUPPORT_SRQ_RECV());
    assertEquals(
        Stream.of(ExtendedDeviceAttributes.PagedOperation.values()).map(Set::of).toList(),
        flags.stream().map(ExtendedDeviceAttributes.PagedOperation::of).toList());
    assertEquals(1, Verbs.IBV_ODP_SUPPORT());
    assertEquals(2, Verbs.IBV_ODP_SUPPORT_IMPLICIT());
  }

  @Test
  void shouldAgreeOnEvents() {
    List<Integer> events =
        List.of(
            Verbs.IBV_EVENT_CQ_ERR(),
            Verbs.IBV_EVENT_QP_FATAL(),
            Verbs.IBV_EVENT_QP_REQ_ERR(),
            Verbs.IBV_EVENT_QP_ACCESS_ERR(),
            Verbs.IBV_EVENT_COMM_EST(),
            Verbs.IBV_EVENT_SQ_DRAINED(),
            Verbs.IBV_EVENT_PATH_MIG(),
            Verbs.IBV_EVENT_PATH_MIG_ERR(),
            Verbs.IBV_EVENT_DEVICE_FATAL(),
            Verbs.IBV_EVENT_PORT_ACTIVE(),
            Verbs.IBV_EVENT_PORT_ERR(),
            Verbs.IBV_EVENT_LID_CHANGE(),
            Verbs.IBV_EVENT_PKEY_CHANGE(),
            Verbs.IBV_EVENT_SM_CHANGE(),
            Verbs.IBV_EVENT_SRQ_ERR(),
            Verbs.IBV_EVENT_SRQ_LIMIT_REACHED(),
            Verbs.IBV_EVENT_QP_LAST_WQE_REACHED(),
            Verbs.IBV_EVENT_CLIENT_REREGISTER(),
            Verbs.IBV_EVENT_GID_CHANGE(),
            Verbs.IBV_EVENT_WQ_FATAL(),
            99);
    assertEquals(
        Arrays.asList(AsyncEventType.values()), events.stream().map(AsyncEventType::of).toList());
  }

  @Test
  void shouldAgreeOnStatuses() {
    Map<WorkStatus, Integer> codes =
        Map.ofEntries(
            Map.entry(WorkStatus.SUCCESS, Verbs.IBV_WC_SUCCESS()),
            Map.entry(WorkStatus.LOCAL_LENGTH_ERROR, Verbs.IBV_WC_LOC_LEN_ERR()),
            Map.entry(WorkStatus.LOCAL_QP_ERROR, Verbs.IBV_WC_LOC_QP_OP_ERR()),
            Map.entry(WorkStatus.LOCAL_EEC_ERROR, Verbs.IBV_WC_LOC_EEC_OP_ERR()),
            Map.entry(WorkStatus.LOCAL_PROTECTION_ERROR, Verbs.IBV_WC_LOC_PROT_ERR()),
            Map.entry(WorkStatus.FLUSHED, Verbs.IBV_WC_WR_FLUSH_ERR()),
            Map.entry(WorkStatus.WINDOW_BIND_ERROR, Verbs.IBV_WC_MW_BIND_ERR()),
            Map.entry(WorkStatus.BAD_RESPONSE, Verbs.IBV_WC_BAD_RESP_ERR()),
            Map.entry(WorkStatus.LOCAL_ACCESS_ERROR, Verbs.IBV_WC_LOC_ACCESS_ERR()),
            Map.entry(WorkStatus.REMOTE_INVALID_REQUEST, Verbs.IBV_WC_REM_INV_REQ_ERR()),
            Map.entry(WorkStatus.REMOTE_ACCESS_ERROR, Verbs.IBV_WC_REM_ACCESS_ERR()),
            Map.entry(WorkStatus.REMOTE_OPERATION_ERROR, Verbs.IBV_WC_REM_OP_ERR()),
            Map.entry(WorkStatus.RETRY_EXCEEDED, Verbs.IBV_WC_RETRY_EXC_ERR()),
            Map.entry(WorkStatus.RNR_RETRY_EXCEEDED, Verbs.IBV_WC_RNR_RETRY_EXC_ERR()),
            Map.entry(WorkStatus.LOCAL_RDD_VIOLATION, Verbs.IBV_WC_LOC_RDD_VIOL_ERR()),
            Map.entry(WorkStatus.REMOTE_INVALID_READ, Verbs.IBV_WC_REM_INV_RD_REQ_ERR()),
            Map.entry(WorkStatus.REMOTE_ABORTED, Verbs.IBV_WC_REM_ABORT_ERR()),
            Map.entry(WorkStatus.INVALID_EEC_NUMBER, Verbs.IBV_WC_INV_EECN_ERR()),
            Map.entry(WorkStatus.INVALID_EEC_STATE, Verbs.IBV_WC_INV_EEC_STATE_ERR()),
            Map.entry(WorkStatus.FATAL, Verbs.IBV_WC_FATAL_ERR()),
            Map.entry(WorkStatus.RESPONSE_TIMEOUT, Verbs.IBV_WC_RESP_TIMEOUT_ERR()),
            Map.entry(WorkStatus.GENERAL_ERROR, Verbs.IBV_WC_GENERAL_ERR()),
            Map.entry(WorkStatus.TAG_MATCHING_ERROR, Verbs.IBV_WC_TM_ERR()),
            Map.entry(WorkStatus.TAG_MATCHING_INCOMPLETE, Verbs.IBV_WC_TM_RNDV_INCOMPLETE()));
    assertEquals(WorkStatus.values().length - 1, codes.size());
    codes.forEach((status, code) -> assertEquals(status, WorkStatus.of(code)));
  }

  @Test
  void shouldAgreeOnAccessFlags() {
    Map<Access, Integer> flags =
        Map.of(
            Access.LOCAL_WRITE, Verbs.IBV_ACCESS_LOCAL_WRITE(),
            Access.REMOTE_WRITE, Verbs.IBV_ACCESS_REMOTE_WRITE(),
            Access.REMOTE_READ, Verbs.IBV_ACCESS_REMOTE_READ(),
            Access.REMOTE_ATOMIC, Verbs.IBV_ACCESS_REMOTE_ATOMIC(),
            Access.WINDOW_BIND, Verbs.IBV_ACCESS_MW_BIND(),
            Access.ZERO_BASED, Verbs.IBV_ACCESS_ZERO_BASED(),
            Access.ON_DEMAND, Verbs.IBV_ACCESS_ON_DEMAND(),
            Access.HUGE_PAGES, Verbs.IBV_ACCESS_HUGETLB(),
            Access.RELAXED_ORDERING, Verbs.IBV_ACCESS_RELAXED_ORDERING());
    assertEquals(Access.values().length, flags.size());
    assertAll(
        flags.entrySet().stream()
            .map(
                entry ->
                    (Executable)
                        () ->
                            assertEquals(entry.getValue(), Access.flags(Set.of(entry.getKey())))));
    assertEquals(true, Access.hasOptional(Verbs.IBV_ACCESS_OPTIONAL_FIRST()));
    assertEquals(true, Access.hasOptional(Verbs.IBV_ACCESS_OPTIONAL_RANGE()));
    assertEquals(false, Access.hasOptional(Verbs.IBV_ACCESS_HUGETLB()));
  }

  @Test
  void shouldAgreeOnAttributeMasks() {
    Map<QueuePairAttribute, Integer> masks =
        Map.ofEntries(
            Map.entry(QueuePairAttribute.CURRENT_STATE, Verbs.IBV_QP_CUR_STATE()),
            Map.entry(QueuePairAttribute.DRAINED_NOTIFICATION, Verbs.IBV_QP_EN_SQD_ASYNC_NOTIFY()),
            Map.entry(QueuePairAttribute.ACCESS, Verbs.IBV_QP_ACCESS_FLAGS()),
            Map.entry(QueuePairAttribute.PKEY_INDEX, Verbs.IBV_QP_PKEY_INDEX()),
            Map.entry(QueuePairAttribute.PORT, Verbs.IBV_QP_PORT()),
            Map.entry(QueuePairAttribute.QUEUE_KEY, Verbs.IBV_QP_QKEY()),
            Map.entry(QueuePairAttribute.ADDRESS_VECTOR, Verbs.IBV_QP_AV()),
            Map.entry(QueuePairAttribute.PATH_MTU, Verbs.IBV_QP_PATH_MTU()),
            Map.entry(QueuePairAttribute.TIMEOUT, Verbs.IBV_QP_TIMEOUT()),
            Map.entry(QueuePairAttribute.RETRY_COUNT, Verbs.IBV_QP_RETRY_CNT()),
            Map.entry(QueuePairAttribute.RNR_RETRY, Verbs.IBV_QP_RNR_RETRY()),
            Map.entry(QueuePairAttribute.RECEIVE_SEQUENCE, Verbs.IBV_QP_RQ_PSN()),
            Map.entry(QueuePairAttribute.MAX_READ_ATOMIC, Verbs.IBV_QP_MAX_QP_RD_ATOMIC()),
            Map.entry(QueuePairAttribute.ALTERNATE_PATH, Verbs.IBV_QP_ALT_PATH()),
            Map.entry(QueuePairAttribute.MIN_RNR_TIMER, Verbs.IBV_QP_MIN_RNR_TIMER()),
            Map.entry(QueuePairAttribute.SEND_SEQUENCE, Verbs.IBV_QP_SQ_PSN()),
            Map.entry(QueuePairAttribute.MAX_SERVED_READ_ATOMIC, Verbs.IBV_QP_MAX_DEST_RD_ATOMIC()),
            Map.entry(QueuePairAttribute.PATH_MIGRATION, Verbs.IBV_QP_PATH_MIG_STATE()),
            Map.entry(QueuePairAttribute.PEER_NUMBER, Verbs.IBV_QP_DEST_QPN()));
    assertEquals(
        Stream.of(QueuePairAttribute.values()).map(masks::get).toList(),
        Stream.of(QueuePairAttribute.values()).map(QueuePairAttribute::mask).toList());
  }
}
