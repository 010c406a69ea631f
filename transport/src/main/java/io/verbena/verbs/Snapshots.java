package io.verbena.verbs;

import io.verbena.ffi.verbs.ibv_cq_moderation_caps;
import io.verbena.ffi.verbs.ibv_device_attr;
import io.verbena.ffi.verbs.ibv_device_attr_ex;
import io.verbena.ffi.verbs.ibv_gid_entry;
import io.verbena.ffi.verbs.ibv_odp_caps;
import io.verbena.ffi.verbs.ibv_packet_pacing_caps;
import io.verbena.ffi.verbs.ibv_pci_atomic_caps;
import io.verbena.ffi.verbs.ibv_port_attr;
import io.verbena.ffi.verbs.ibv_rss_caps;
import io.verbena.ffi.verbs.ibv_tm_caps;
import io.verbena.ffi.verbs.ibv_tso_caps;
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
        ibv_device_attr.device_cap_flags(attr),
        ibv_device_attr.page_size_cap(attr),
        ibv_device_attr.max_res_rd_atom(attr),
        ibv_device_attr.max_mw(attr),
        ibv_device_attr.max_ah(attr),
        ibv_device_attr.max_mcast_grp(attr),
        ibv_device_attr.max_mcast_qp_attach(attr),
        ibv_device_attr.max_total_mcast_qp_attach(attr),
        ibv_device_attr.max_srq_wr(attr),
        ibv_device_attr.max_srq_sge(attr),
        ibv_device_attr.local_ca_ack_delay(attr) & 0xff);
  }

  static ExtendedDeviceAttributes extended(MemorySegment attr) {
    DeviceAttributes base = device(ibv_device_attr_ex.orig_attr(attr));
    MemorySegment tso = ibv_device_attr_ex.tso_caps(attr);
    MemorySegment rss = ibv_device_attr_ex.rss_caps(attr);
    MemorySegment pacing = ibv_device_attr_ex.packet_pacing_caps(attr);
    MemorySegment tags = ibv_device_attr_ex.tm_caps(attr);
    MemorySegment moderation = ibv_device_attr_ex.cq_mod_caps(attr);
    MemorySegment atomics = ibv_device_attr_ex.pci_atomic_caps(attr);
    int ports = ibv_device_attr_ex.phys_port_cnt_ex(attr);
    return new ExtendedDeviceAttributes(
        base,
        onDemandPaging(attr),
        ibv_device_attr_ex.completion_timestamp_mask(attr),
        ibv_device_attr_ex.hca_core_clock(attr),
        new ExtendedDeviceAttributes.Segmentation(
            ibv_tso_caps.max_tso(tso), ibv_tso_caps.supported_qpts(tso)),
        new ExtendedDeviceAttributes.Hashing(
            ibv_rss_caps.supported_qpts(rss),
            ibv_rss_caps.max_rwq_indirection_tables(rss),
            ibv_rss_caps.max_rwq_indirection_table_size(rss),
            ibv_rss_caps.rx_hash_fields_mask(rss),
            ibv_rss_caps.rx_hash_function(rss) & 0xff),
        ibv_device_attr_ex.max_wq_type_rq(attr),
        new ExtendedDeviceAttributes.Pacing(
            Integer.toUnsignedLong(ibv_packet_pacing_caps.qp_rate_limit_min(pacing)),
            Integer.toUnsignedLong(ibv_packet_pacing_caps.qp_rate_limit_max(pacing)),
            ibv_packet_pacing_caps.supported_qpts(pacing)),
        ibv_device_attr_ex.raw_packet_caps(attr),
        new ExtendedDeviceAttributes.TagMatching(
            ibv_tm_caps.max_rndv_hdr_size(tags),
            ibv_tm_caps.max_num_tags(tags),
            ibv_tm_caps.flags(tags),
            ibv_tm_caps.max_ops(tags),
            ibv_tm_caps.max_sge(tags)),
        new ExtendedDeviceAttributes.Moderation(
            ibv_cq_moderation_caps.max_cq_count(moderation) & 0xffff,
            ibv_cq_moderation_caps.max_cq_period(moderation) & 0xffff),
        saturated(ibv_device_attr_ex.max_dm_size(attr)),
        new ExtendedDeviceAttributes.PciAtomics(
            ibv_pci_atomic_caps.fetch_add(atomics) & 0xffff,
            ibv_pci_atomic_caps.swap(atomics) & 0xffff,
            ibv_pci_atomic_caps.compare_swap(atomics) & 0xffff),
        ports == 0 ? base.portCount() : ports);
  }

  private static ExtendedDeviceAttributes.OnDemandPaging onDemandPaging(MemorySegment attr) {
    MemorySegment caps = ibv_device_attr_ex.odp_caps(attr);
    MemorySegment each = ibv_odp_caps.per_transport_caps(caps);
    long general = ibv_odp_caps.general_caps(caps);
    return new ExtendedDeviceAttributes.OnDemandPaging(
        (general & 1) != 0,
        (general & 2) != 0,
        ExtendedDeviceAttributes.PagedOperation.of(
            ibv_odp_caps.per_transport_caps.rc_odp_caps(each)),
        ExtendedDeviceAttributes.PagedOperation.of(
            ibv_odp_caps.per_transport_caps.uc_odp_caps(each)),
        ExtendedDeviceAttributes.PagedOperation.of(
            ibv_odp_caps.per_transport_caps.ud_odp_caps(each)),
        ExtendedDeviceAttributes.PagedOperation.of(ibv_device_attr_ex.xrc_odp_caps(attr)));
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
