/*
 * A libibverbs.so.1 with one device that is not there, to measure what calls cost. It behaves like the user-space
 * half of an adapter with a mapped doorbell, as mlx5 is: a post copies the request into a ring and stores to a
 * doorbell, a poll looks at the owner bit of the next completion. A request is done as soon as it is posted and moves
 * no data. Nothing is checked that a correct caller does not need: this measures, it tests nothing.
 */
#include "verbs_abi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define INLINE_BYTES 32
#define ENTRY_BYTES 64

/*
 * One cache line, as adapters have them. Opcode and flags are apart here because they are neighbours in a request: the
 * compiler would read both with one load, which waits long for the two stores that wrote them.
 */
struct entry {
  uint32_t opcode, rkey;
  uint64_t remote_addr;
  uint32_t flags, length;
  union {
    struct {
      uint64_t addr;
      uint32_t lkey;
    } pointer;
    uint8_t bytes[INLINE_BYTES];
  } data;
};
_Static_assert(sizeof(struct entry) <= ENTRY_BYTES, "entry");

struct completion {
  struct stub_qp *qp;
  uint32_t index; /* of the request in the send queue */
  uint32_t owner; /* flips with every round of the ring */
  uint8_t padding[ENTRY_BYTES - 16];
};
_Static_assert(sizeof(struct completion) == ENTRY_BYTES, "completion");

struct stub_cq {
  struct ibv_cq base;
  struct completion *ring;
  uint32_t mask, produced, consumed;
};

struct stub_qp {
  struct ibv_qp base;
  uint8_t *ring;
  uint64_t *ids;
  uint32_t mask, depth, head, tail;
  volatile uint32_t doorbell_record;
  volatile uint64_t doorbell;
};

static struct ibv_device stub_device = {.node_type = 1, .name = "stub0", .dev_name = "stub0"};
static uint32_t next_number = 1;

static uint32_t power_of_two(uint32_t least) {
  uint32_t size = 1;
  while (size < least) size *= 2;
  return size;
}

static void *aligned(size_t bytes) {
  void *memory = aligned_alloc(ENTRY_BYTES, (bytes + ENTRY_BYTES - 1) / ENTRY_BYTES * ENTRY_BYTES);
  if (memory != NULL) memset(memory, 0, bytes);
  return memory;
}

/* The hot path. */

static int poll_cq(struct ibv_cq *base, int limit, struct ibv_wc *wc) {
  struct stub_cq *cq = (struct stub_cq *)base;
  int count = 0;
  while (count < limit) {
    struct completion *done = &cq->ring[cq->consumed & cq->mask];
    uint32_t expected = ~(cq->consumed / (cq->mask + 1)) & 1;
    if (__atomic_load_n(&done->owner, __ATOMIC_ACQUIRE) != expected) break;
    struct stub_qp *qp = done->qp;
    wc[count].wr_id = qp->ids[done->index & qp->mask];
    wc[count].status = IBV_WC_SUCCESS;
    wc[count].opcode = IBV_WC_RDMA_WRITE;
    wc[count].vendor_err = 0;
    wc[count].qp_num = qp->base.qp_num;
    wc[count].wc_flags = 0;
    qp->tail = done->index + 1;
    cq->consumed++;
    count++;
  }
  return count;
}

static void complete(struct stub_qp *qp, uint32_t index) {
  struct stub_cq *cq = (struct stub_cq *)qp->base.send_cq;
  struct completion *done = &cq->ring[cq->produced & cq->mask];
  done->qp = qp;
  done->index = index;
  __atomic_store_n(&done->owner, ~(cq->produced / (cq->mask + 1)) & 1, __ATOMIC_RELEASE);
  cq->produced++;
}

static int post_send(struct ibv_qp *base, struct ibv_send_wr *wr, struct ibv_send_wr **bad) {
  struct stub_qp *qp = (struct stub_qp *)base;
  struct entry *entry = NULL;
  for (; wr != NULL; wr = wr->next) {
    if (qp->head - qp->tail >= qp->depth) {
      *bad = wr;
      return ENOMEM;
    }
    uint32_t index = qp->head++;
    struct ibv_sge *sge = wr->sg_list;
    entry = (struct entry *)(qp->ring + (size_t)(index & qp->mask) * ENTRY_BYTES);
    qp->ids[index & qp->mask] = wr->wr_id;
    entry->opcode = wr->opcode;
    entry->flags = wr->send_flags;
    entry->remote_addr = wr->remote_addr;
    entry->rkey = wr->rkey;
    entry->length = wr->num_sge == 0 ? 0 : sge->length;
    if (wr->num_sge != 0 && wr->send_flags & IBV_SEND_INLINE) {
      if (sge->length > INLINE_BYTES) {
        *bad = wr;
        return EINVAL;
      }
      memcpy(entry->data.bytes, (void *)(uintptr_t)sge->addr, sge->length);
    } else if (wr->num_sge != 0) {
      entry->data.pointer.addr = sge->addr;
      entry->data.pointer.lkey = sge->lkey;
    }
    if (wr->send_flags & IBV_SEND_SIGNALED) complete(qp, index);
  }
  if (entry != NULL) {
    __atomic_thread_fence(__ATOMIC_RELEASE);
    qp->doorbell_record = qp->head;
    qp->doorbell = (uint64_t)qp->head << 32 | qp->base.qp_num;
  }
  return 0;
}

static int post_recv(struct ibv_qp *qp, void *wr, void **bad) {
  (void)qp;
  *bad = wr;
  return EOPNOTSUPP;
}

static int req_notify_cq(struct ibv_cq *cq, int solicited_only) {
  (void)cq;
  (void)solicited_only;
  return 0;
}

/* What leads there. */

struct ibv_device **ibv_get_device_list(int *count) {
  struct ibv_device **list = calloc(2, sizeof *list);
  if (list == NULL) return NULL;
  list[0] = &stub_device;
  if (count != NULL) *count = 1;
  return list;
}

void ibv_free_device_list(struct ibv_device **list) { free(list); }

/* Nothing is registered with a kernel, so nothing can be harmed by a fork. */
int ibv_fork_init(void) { return 0; }

const char *ibv_get_device_name(struct ibv_device *device) { return device->name; }

uint64_t ibv_get_device_guid(struct ibv_device *device) {
  (void)device;
  return 1;
}

struct ibv_context *ibv_open_device(struct ibv_device *device) {
  struct ibv_context *context = calloc(1, sizeof *context);
  if (context == NULL) return NULL;
  context->device = device;
  context->ops.poll_cq = poll_cq;
  context->ops.req_notify_cq = req_notify_cq;
  context->ops.post_send = post_send;
  context->ops.post_recv = post_recv;
  context->async_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  context->cmd_fd = -1;
  context->num_comp_vectors = 1;
  return context;
}

int ibv_close_device(struct ibv_context *context) {
  close(context->async_fd);
  free(context);
  return 0;
}

int ibv_query_device(struct ibv_context *context, struct ibv_device_attr *attr) {
  (void)context;
  memset(attr, 0, sizeof *attr);
  attr->max_mr_size = UINT64_MAX;
  attr->page_size_cap = 4096;
  attr->max_qp = attr->max_cq = attr->max_mr = attr->max_pd = 1 << 16;
  attr->max_qp_wr = attr->max_cqe = 1 << 15;
  attr->max_sge = attr->max_sge_rd = 1;
  attr->max_qp_rd_atom = attr->max_qp_init_rd_atom = 16;
  attr->max_pkeys = 1;
  attr->phys_port_cnt = 1;
  return 0;
}

int ibv_query_port(struct ibv_context *context, uint8_t number, struct ibv_port_attr *attr) {
  (void)context;
  if (number != 1) return EINVAL;
  /* The exported function's structure ends behind link_layer. */
  memset(attr, 0, offsetof(struct ibv_port_attr, flags));
  attr->state = IBV_PORT_ACTIVE;
  attr->max_mtu = attr->active_mtu = IBV_MTU_4096;
  attr->gid_tbl_len = attr->pkey_tbl_len = 1;
  attr->max_msg_sz = 1u << 31;
  attr->lid = attr->sm_lid = 1;
  attr->active_width = attr->active_speed = 1;
  attr->link_layer = IBV_LINK_LAYER_INFINIBAND;
  return 0;
}

int ibv_query_gid(struct ibv_context *context, uint8_t port, int index, uint8_t *gid) {
  static const uint8_t link_local[16] = {0xfe, 0x80, [15] = 1};
  (void)context;
  (void)port;
  memcpy(gid, link_local, sizeof link_local);
  return index == 0 ? 0 : -1;
}

int ibv_query_pkey(struct ibv_context *context, uint8_t port, int index, uint16_t *key) {
  (void)context;
  (void)port;
  *key = 0xffff;
  return index == 0 ? 0 : -1;
}

struct ibv_pd *ibv_alloc_pd(struct ibv_context *context) {
  struct ibv_pd *pd = calloc(1, sizeof *pd);
  if (pd != NULL) pd->context = context;
  return pd;
}

int ibv_dealloc_pd(struct ibv_pd *pd) {
  free(pd);
  return 0;
}

struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *addr, size_t length, int access) {
  struct ibv_mr *mr = calloc(1, sizeof *mr);
  (void)access;
  if (mr == NULL) return NULL;
  mr->context = pd->context;
  mr->pd = pd;
  mr->addr = addr;
  mr->length = length;
  mr->lkey = mr->rkey = __atomic_fetch_add(&next_number, 1, __ATOMIC_RELAXED);
  return mr;
}

/* The newest function that the bindings need: they look for it to tell the library's age. Never called. */
struct ibv_mr *ibv_reg_dmabuf_mr(
    struct ibv_pd *pd, uint64_t offset, size_t length, uint64_t iova, int fd, int access) {
  (void)offset;
  (void)iova;
  (void)fd;
  return ibv_reg_mr(pd, NULL, length, access);
}

int ibv_dereg_mr(struct ibv_mr *mr) {
  free(mr);
  return 0;
}

struct ibv_comp_channel *ibv_create_comp_channel(struct ibv_context *context) {
  struct ibv_comp_channel *channel = calloc(1, sizeof *channel);
  if (channel == NULL) return NULL;
  channel->context = context;
  channel->fd = eventfd(0, EFD_CLOEXEC);
  return channel;
}

int ibv_destroy_comp_channel(struct ibv_comp_channel *channel) {
  close(channel->fd);
  free(channel);
  return 0;
}

struct ibv_cq *ibv_create_cq(
    struct ibv_context *context, int cqe, void *cq_context, struct ibv_comp_channel *channel, int vector) {
  struct stub_cq *cq = calloc(1, sizeof *cq);
  (void)vector;
  if (cq == NULL) return NULL;
  cq->mask = power_of_two(cqe) - 1;
  cq->ring = aligned((size_t)(cq->mask + 1) * sizeof *cq->ring);
  cq->base.context = context;
  cq->base.channel = channel;
  cq->base.cq_context = cq_context;
  cq->base.cqe = cqe;
  return &cq->base;
}

int ibv_destroy_cq(struct ibv_cq *base) {
  free(((struct stub_cq *)base)->ring);
  free(base);
  return 0;
}

struct ibv_qp *ibv_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr) {
  if (attr->cap.max_inline_data > INLINE_BYTES || attr->cap.max_send_sge > 1) {
    errno = EINVAL;
    return NULL;
  }
  struct stub_qp *qp = calloc(1, sizeof *qp);
  if (qp == NULL) return NULL;
  attr->cap.max_inline_data = INLINE_BYTES;
  qp->depth = attr->cap.max_send_wr;
  qp->mask = power_of_two(qp->depth) - 1;
  qp->ring = aligned((size_t)(qp->mask + 1) * ENTRY_BYTES);
  qp->ids = aligned((size_t)(qp->mask + 1) * sizeof *qp->ids);
  qp->base.context = pd->context;
  qp->base.pd = pd;
  qp->base.send_cq = attr->send_cq;
  qp->base.recv_cq = attr->recv_cq;
  qp->base.qp_num = __atomic_fetch_add(&next_number, 1, __ATOMIC_RELAXED);
  qp->base.qp_type = attr->qp_type;
  return &qp->base;
}

int ibv_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask) {
  if (mask & 1) qp->state = attr->qp_state;
  return 0;
}

int ibv_query_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask, struct ibv_qp_init_attr *init) {
  (void)mask;
  (void)init;
  attr->qp_state = attr->cur_qp_state = qp->state;
  return 0;
}

/* Completions stay queued when their queue pair goes: they are then of this one, whose number nobody has. */
static uint64_t gone_id;
static struct stub_qp gone_qp = {.ids = &gone_id};

int ibv_destroy_qp(struct ibv_qp *base) {
  struct stub_qp *qp = (struct stub_qp *)base;
  struct stub_cq *cq = (struct stub_cq *)base->send_cq;
  for (uint32_t i = cq->consumed; i != cq->produced; i++) {
    struct completion *done = &cq->ring[i & cq->mask];
    if (done->qp == qp) done->qp = &gone_qp;
  }
  free(qp->ring);
  free(qp->ids);
  free(qp);
  return 0;
}

/* Looked up by the bindings, never called by the benchmarks. */

#define ABSENT(name) \
  void *name(void) { abort(); }

ABSENT(_ibv_query_gid_ex)
ABSENT(_ibv_query_gid_table)
ABSENT(ibv_ack_async_event)
ABSENT(ibv_ack_cq_events)
ABSENT(ibv_attach_mcast)
ABSENT(ibv_create_ah)
ABSENT(ibv_create_ah_from_wc)
ABSENT(ibv_create_srq)
ABSENT(ibv_destroy_ah)
ABSENT(ibv_destroy_srq)
ABSENT(ibv_detach_mcast)
ABSENT(ibv_event_type_str)
ABSENT(ibv_get_async_event)
ABSENT(ibv_get_cq_event)
ABSENT(ibv_get_device_index)
ABSENT(ibv_get_pkey_index)
ABSENT(ibv_import_device)
ABSENT(ibv_import_dm)
ABSENT(ibv_import_mr)
ABSENT(ibv_import_pd)
ABSENT(ibv_init_ah_from_wc)
ABSENT(ibv_is_fork_initialized)
ABSENT(ibv_modify_srq)
ABSENT(ibv_node_type_str)
ABSENT(ibv_port_state_str)
ABSENT(ibv_qp_to_qp_ex)
ABSENT(ibv_query_ece)
ABSENT(ibv_query_qp_data_in_order)
ABSENT(ibv_query_srq)
ABSENT(ibv_rate_to_mbps)
ABSENT(ibv_rate_to_mult)
ABSENT(ibv_reg_mr_iova)
ABSENT(ibv_reg_mr_iova2)
ABSENT(ibv_rereg_mr)
ABSENT(ibv_resize_cq)
ABSENT(ibv_resolve_eth_l2_from_gid)
ABSENT(ibv_set_ece)
ABSENT(ibv_unimport_dm)
ABSENT(ibv_unimport_mr)
ABSENT(ibv_unimport_pd)
ABSENT(ibv_wc_status_str)
ABSENT(mbps_to_ibv_rate)
ABSENT(mult_to_ibv_rate)
