package io.verbena.verbs;

import io.verbena.ffi.verbs.ibv_device_attr;
import io.verbena.ffi.verbs.ibv_gid_entry;
import io.verbena.ffi.verbs.ibv_port_attr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Makes records out of C structures. */
final class Snapshots {
  private Snapshots() {}

  static DeviceAttributes device(MemorySegment attr) {
    return new DeviceAttributes(
        ibv_device_attr.fw_ver(attr).getString(0),
        Long.reverseBytes(ibv_device_attr.node_guid(attr)),
        Long.reverseBytes(ibv_device_attr.sys_image_guid(attr)),
        ibv_device_attr.vendor_id(attr),
        ibv_device_attr.vendor_part_id(attr),
        ibv_device_attr.hw_ver(attr),
        ibv_device_attr.phys_port_cnt(attr) & 0xff,
        saturated(ibv_device_attr.max_mr_size(attr)),
        ibv_device_attr.max_qp(attr),
        ibv_device_attr.max_qp_wr(attr),
        ibv_device_attr.max_sge(attr),
        ibv_device_attr.max_sge_rd(attr),
        ibv_device_attr.max_cq(attr),
        ibv_device_attr.max_cqe(attr),
        ibv_device_attr.max_mr(attr),
        ibv_device_attr.max_pd(attr),
        ibv_device_attr.max_qp_rd_atom(attr),
        ibv_device_attr.max_qp_init_rd_atom(attr),
        DeviceAttributes.Atomicity.of(ibv_device_attr.atomic_cap(attr)),
        ibv_device_attr.max_srq(attr),
        ibv_device_attr.max_pkeys(attr) & 0xffff,
        ibv_device_attr.device_cap_flags(attr));
  }

  /** An unsigned number, cut to what a Java long holds. */
  private static long saturated(long unsigned) {
    return unsigned < 0 ? Long.MAX_VALUE : unsigned;
  }

  static PortAttributes port(int number, MemorySegment attr) {
    return new PortAttributes(
        number,
        PortState.of(ibv_port_attr.state(attr)),
        LinkLayer.of(ibv_port_attr.link_layer(attr) & 0xff),
        Mtu.bytes(ibv_port_attr.max_mtu(attr)),
        Mtu.bytes(ibv_port_attr.active_mtu(attr)),
        Integer.toUnsignedLong(ibv_port_attr.max_msg_sz(attr)),
        ibv_port_attr.lid(attr) & 0xffff,
        ibv_port_attr.lmc(attr) & 0xff,
        ibv_port_attr.sm_lid(attr) & 0xffff,
        ibv_port_attr.gid_tbl_len(attr),
        ibv_port_attr.pkey_tbl_len(attr) & 0xffff,
        PortAttributes.lanes(ibv_port_attr.active_width(attr) & 0xff),
        PortAttributes.laneMegabitsPerSecond(ibv_port_attr.active_speed(attr) & 0xff),
        (ibv_port_attr.flags(attr) & Abi.PORT_ROUTE_HEADER_REQUIRED) != 0);
  }

  static GidEntry gid(MemorySegment entry) {
    return new GidEntry(
        ibv_gid_entry.gid_index(entry),
        Gid.of(entry.asSlice(ibv_gid_entry.gid$offset(), Gid.BYTES).toArray(ValueLayout.JAVA_BYTE)),
        GidType.of(ibv_gid_entry.gid_type(entry)),
        ibv_gid_entry.ndev_ifindex(entry));
  }
}
