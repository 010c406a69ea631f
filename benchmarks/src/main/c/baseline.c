/*
 * The C side of the comparison: what a C program does for an empty poll and for an 8-byte write. Compiled apart from
 * the stub and calling it through the context's function pointers, as ibv_poll_cq and ibv_post_send do, so that the
 * compiler can neither inline nor drop a call. Writes the same fields of a request as our batches do.
 */
#include "verbs_abi.h"

#include <stdlib.h>

#define LIMIT 32 /* completions a poll asks for: as many as ours */
#define WORDS 8  /* the source of the write moves through these; a power of two */

struct baseline {
  struct ibv_context *context;
  struct ibv_pd *pd;
  struct ibv_cq *cq;
  struct ibv_qp *qp;
  struct ibv_mr *mr;
  struct ibv_send_wr wr;
  struct ibv_sge sge;
  struct ibv_wc wc[LIMIT];
  uint64_t words[WORDS];
};

static inline int ibv_poll_cq(struct ibv_cq *cq, int limit, struct ibv_wc *wc) {
  return cq->context->ops.poll_cq(cq, limit, wc);
}

static inline int ibv_post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad) {
  return qp->context->ops.post_send(qp, wr, bad);
}

struct baseline *baseline_open(int depth) {
  struct baseline *b = calloc(1, sizeof *b);
  struct ibv_device **devices = ibv_get_device_list(NULL);
  if (b == NULL || devices == NULL) return NULL;
  b->context = ibv_open_device(devices[0]);
  ibv_free_device_list(devices);
  b->pd = ibv_alloc_pd(b->context);
  b->cq = ibv_create_cq(b->context, 2 * depth, NULL, NULL, 0);
  b->mr = ibv_reg_mr(b->pd, b->words, sizeof b->words, 0);
  struct ibv_qp_init_attr attr = {.send_cq = b->cq, .recv_cq = b->cq, .qp_type = IBV_QPT_RC};
  attr.cap.max_send_wr = attr.cap.max_recv_wr = depth;
  attr.cap.max_send_sge = attr.cap.max_recv_sge = 1;
  attr.cap.max_inline_data = 8;
  b->qp = ibv_create_qp(b->pd, &attr);
  return b;
}

void baseline_close(struct baseline *b) {
  ibv_destroy_qp(b->qp);
  ibv_dereg_mr(b->mr);
  ibv_destroy_cq(b->cq);
  ibv_dealloc_pd(b->pd);
  ibv_close_device(b->context);
  free(b);
}

/* Polls an empty queue so many times; returns the completions that there were, 0 then. */
int64_t baseline_poll(struct baseline *b, int64_t times) {
  int64_t found = 0;
  for (int64_t i = 0; i < times; i++) found += ibv_poll_cq(b->cq, LIMIT, b->wc);
  return found;
}

/*
 * Posts batches of single writes, each with its own doorbell. The last of a batch is signaled; its completion, polled
 * after the batch, makes room for the next. Returns the batches that went wrong.
 */
int64_t baseline_post(struct baseline *b, int64_t batches, int batch, int flags) {
  struct ibv_send_wr *bad;
  int64_t failures = 0;
  uint64_t remote = (uint64_t)(uintptr_t)b->words;
  b->wr.sg_list = &b->sge;
  b->wr.next = NULL;
  for (int64_t n = 0; n < batches; n++) {
    for (int i = 0; i < batch; i++) {
      b->wr.wr_id = i;
      b->wr.num_sge = 1;
      b->wr.opcode = IBV_WR_RDMA_WRITE;
      b->wr.send_flags = i == batch - 1 ? flags | IBV_SEND_SIGNALED : flags;
      b->sge.addr = (uint64_t)(uintptr_t)&b->words[i & (WORDS - 1)];
      b->sge.length = 8;
      b->sge.lkey = b->mr->lkey;
      b->wr.remote_addr = remote;
      b->wr.rkey = b->mr->rkey;
      if (ibv_post_send(b->qp, &b->wr, &bad) != 0) failures++;
    }
    int done = 0;
    uint64_t last = 0;
    for (int count = ibv_poll_cq(b->cq, LIMIT, b->wc), i = 0; i < count; i++, done++) {
      if (b->wc[i].status == IBV_WC_SUCCESS) last = b->wc[i].wr_id;
    }
    if (done != 1 || last != (uint64_t)batch - 1) failures++;
  }
  return failures;
}
