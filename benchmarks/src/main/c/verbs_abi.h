/*
 * The part of rdma-core 44's ABI that a poll and a post go through, written down from the layouts of the bindings
 * (io.verbena.ffi.verbs): rdma-core's own headers may not be installed where the benchmark runs.
 */
#ifndef VERBENA_VERBS_ABI_H
#define VERBENA_VERBS_ABI_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

enum { IBV_WR_RDMA_WRITE = 0 };
enum { IBV_SEND_SIGNALED = 2, IBV_SEND_INLINE = 8 };
enum { IBV_WC_SUCCESS = 0, IBV_WC_RDMA_WRITE = 1 };
enum { IBV_QPT_RC = 2 };
enum { IBV_PORT_ACTIVE = 4, IBV_MTU_4096 = 5, IBV_LINK_LAYER_INFINIBAND = 1 };

struct ibv_cq;
struct ibv_qp;

struct ibv_device {
  void *ops[2];
  int node_type, transport_type;
  char name[64], dev_name[64], dev_path[256], ibdev_path[256];
};

struct ibv_sge {
  uint64_t addr;
  uint32_t length, lkey;
};

struct ibv_send_wr {
  uint64_t wr_id;
  struct ibv_send_wr *next;
  struct ibv_sge *sg_list;
  int num_sge, opcode;
  unsigned send_flags;
  uint32_t imm_data;
  uint64_t remote_addr;
  uint32_t rkey, rkey_padding;
  uint64_t other_opcodes[9];
};

struct ibv_wc {
  uint64_t wr_id;
  int status, opcode;
  uint32_t vendor_err, byte_len, imm_data, qp_num, src_qp;
  unsigned wc_flags;
  uint16_t pkey_index, slid;
  uint8_t sl, dlid_path_bits;
};

struct ibv_context_ops {
  void *before_poll[11];
  int (*poll_cq)(struct ibv_cq *, int, struct ibv_wc *);
  int (*req_notify_cq)(struct ibv_cq *, int);
  void *before_send[12];
  int (*post_send)(struct ibv_qp *, struct ibv_send_wr *, struct ibv_send_wr **);
  int (*post_recv)(struct ibv_qp *, void *, void **);
  void *after_recv[5];
};

struct ibv_context {
  struct ibv_device *device;
  struct ibv_context_ops ops;
  int cmd_fd, async_fd, num_comp_vectors;
  pthread_mutex_t mutex;
  void *abi_compat;
};

struct ibv_pd {
  struct ibv_context *context;
  uint32_t handle;
};

struct ibv_mr {
  struct ibv_context *context;
  struct ibv_pd *pd;
  void *addr;
  size_t length;
  uint32_t handle, lkey, rkey;
};

struct ibv_comp_channel {
  struct ibv_context *context;
  int fd, refcnt;
};

struct ibv_cq {
  struct ibv_context *context;
  struct ibv_comp_channel *channel;
  void *cq_context;
  uint32_t handle;
  int cqe;
  pthread_mutex_t mutex;
  pthread_cond_t cond;
  uint32_t comp_events_completed, async_events_completed;
};

struct ibv_qp {
  struct ibv_context *context;
  void *qp_context;
  struct ibv_pd *pd;
  struct ibv_cq *send_cq, *recv_cq;
  void *srq;
  uint32_t handle, qp_num;
  int state, qp_type;
  pthread_mutex_t mutex;
  pthread_cond_t cond;
  uint32_t events_completed;
};

struct ibv_qp_cap {
  uint32_t max_send_wr, max_recv_wr, max_send_sge, max_recv_sge, max_inline_data;
};

struct ibv_qp_init_attr {
  void *qp_context;
  struct ibv_cq *send_cq, *recv_cq;
  void *srq;
  struct ibv_qp_cap cap;
  int qp_type, sq_sig_all;
};

struct ibv_qp_attr {
  int qp_state, cur_qp_state;
  char rest[136];
};

struct ibv_port_attr {
  int state, max_mtu, active_mtu, gid_tbl_len;
  uint32_t port_cap_flags, max_msg_sz, bad_pkey_cntr, qkey_viol_cntr;
  uint16_t pkey_tbl_len, lid, sm_lid;
  uint8_t lmc, max_vl_num, sm_sl, subnet_timeout, init_type_reply, active_width, active_speed, phys_state, link_layer;
  uint8_t flags;
  uint16_t port_cap_flags2;
};

struct ibv_device_attr {
  char fw_ver[64];
  uint64_t node_guid, sys_image_guid, max_mr_size, page_size_cap;
  uint32_t vendor_id, vendor_part_id, hw_ver;
  int max_qp, max_qp_wr;
  unsigned device_cap_flags;
  int max_sge, max_sge_rd, max_cq, max_cqe, max_mr, max_pd, max_qp_rd_atom, max_ee_rd_atom, max_res_rd_atom;
  int max_qp_init_rd_atom, max_ee_init_rd_atom, atomic_cap;
  int never_asked_for[14];
  uint16_t max_pkeys;
  uint8_t local_ca_ack_delay, phys_port_cnt;
};

_Static_assert(sizeof(struct ibv_device) == 664, "ibv_device");
_Static_assert(sizeof(struct ibv_context_ops) == 256, "ibv_context_ops");
_Static_assert(offsetof(struct ibv_context_ops, poll_cq) == 88, "poll_cq");
_Static_assert(offsetof(struct ibv_context_ops, req_notify_cq) == 96, "req_notify_cq");
_Static_assert(offsetof(struct ibv_context_ops, post_send) == 200, "post_send");
_Static_assert(offsetof(struct ibv_context_ops, post_recv) == 208, "post_recv");
_Static_assert(sizeof(struct ibv_context) == 328, "ibv_context");
_Static_assert(sizeof(struct ibv_pd) == 16, "ibv_pd");
_Static_assert(sizeof(struct ibv_mr) == 48, "ibv_mr");
_Static_assert(sizeof(struct ibv_comp_channel) == 16, "ibv_comp_channel");
_Static_assert(sizeof(struct ibv_cq) == 128, "ibv_cq");
_Static_assert(sizeof(struct ibv_qp) == 160, "ibv_qp");
_Static_assert(offsetof(struct ibv_qp, qp_num) == 52, "qp_num");
_Static_assert(sizeof(struct ibv_qp_init_attr) == 64, "ibv_qp_init_attr");
_Static_assert(sizeof(struct ibv_qp_attr) == 144, "ibv_qp_attr");
_Static_assert(sizeof(struct ibv_send_wr) == 128, "ibv_send_wr");
_Static_assert(sizeof(struct ibv_wc) == 48, "ibv_wc");
_Static_assert(sizeof(struct ibv_port_attr) == 52, "ibv_port_attr");
_Static_assert(offsetof(struct ibv_port_attr, link_layer) == 46, "link_layer");
_Static_assert(sizeof(struct ibv_device_attr) == 232, "ibv_device_attr");
_Static_assert(offsetof(struct ibv_device_attr, max_qp) == 108, "max_qp");
_Static_assert(offsetof(struct ibv_device_attr, phys_port_cnt) == 227, "phys_port_cnt");

/* What the stub exports and the C side of the comparison calls, with the signatures of infiniband/verbs.h. */
struct ibv_device **ibv_get_device_list(int *count);
void ibv_free_device_list(struct ibv_device **list);
struct ibv_context *ibv_open_device(struct ibv_device *device);
int ibv_close_device(struct ibv_context *context);
struct ibv_pd *ibv_alloc_pd(struct ibv_context *context);
int ibv_dealloc_pd(struct ibv_pd *pd);
struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *addr, size_t length, int access);
int ibv_dereg_mr(struct ibv_mr *mr);
struct ibv_cq *ibv_create_cq(
    struct ibv_context *context, int cqe, void *cq_context, struct ibv_comp_channel *channel, int vector);
int ibv_destroy_cq(struct ibv_cq *cq);
struct ibv_qp *ibv_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr);
int ibv_destroy_qp(struct ibv_qp *qp);

#endif
