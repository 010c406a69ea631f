/*
 * What CollectivesProgram does, with MPI: connects to the port of 127.0.0.1 that the argument names, says its rank, then does
 * a batch for each line NAME:BYTES:REPEATS:HOW that comes from there and answers with the microseconds that one of them took.
 * HOW is for the other program: here all calls block. Messages go between two ranks: 0 and 1, 2 and 3.
 */
#include <arpa/inet.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { CASES = 16, WINDOW = 64, LEAD_IN = 5 };

static int rank, size;
static char *in, *out;
static MPI_Request requests[WINDOW];

/* Buffers stay with their size: MPI may remember them, as Verbena's persistent collectives do. */
static struct { int bytes; char *in, *out; } buffers[CASES];

static void take_buffers(int bytes) {
  /* A block of each rank for those that have them. */
  size_t room = (size_t)bytes * size + 64;
  int i;
  for (i = 0; buffers[i].in && buffers[i].bytes != bytes; i++)
    if (i == CASES - 2) MPI_Abort(MPI_COMM_WORLD, 2);
  if (!buffers[i].in) {
    buffers[i].bytes = bytes;
    buffers[i].in = malloc(room);
    buffers[i].out = malloc(room);
    /* Touched, as OSU's are: reading pages that nobody wrote is reading one page of zeros again and again. */
    memset(buffers[i].in, 1, room);
    memset(buffers[i].out, 1, room);
  }
  in = buffers[i].in;
  out = buffers[i].out;
}

static void latency(int bytes) {
  int partner = rank ^ 1;
  if (rank % 2 == 0) {
    MPI_Send(in, bytes, MPI_BYTE, partner, 1, MPI_COMM_WORLD);
    MPI_Recv(out, bytes, MPI_BYTE, partner, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  } else {
    MPI_Recv(out, bytes, MPI_BYTE, partner, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Send(in, bytes, MPI_BYTE, partner, 1, MPI_COMM_WORLD);
  }
}

/* A window of messages one way, then a short one back. */
static void stream(int bytes) {
  int word = 0, partner = rank ^ 1;
  int i;
  if (rank % 2 == 0) {
    for (i = 0; i < WINDOW; i++) MPI_Isend(in, bytes, MPI_BYTE, partner, 2, MPI_COMM_WORLD, &requests[i]);
    MPI_Waitall(WINDOW, requests, MPI_STATUSES_IGNORE);
    MPI_Recv(&word, 1, MPI_INT, partner, 3, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  } else {
    for (i = 0; i < WINDOW; i++) MPI_Irecv(out, bytes, MPI_BYTE, partner, 2, MPI_COMM_WORLD, &requests[i]);
    MPI_Waitall(WINDOW, requests, MPI_STATUSES_IGNORE);
    MPI_Send(&word, 1, MPI_INT, partner, 3, MPI_COMM_WORLD);
  }
}

static void once(const char *name, int bytes) {
  if (!strcmp(name, "latency"))
    latency(bytes);
  else if (!strcmp(name, "stream"))
    stream(bytes);
  else if (!strcmp(name, "barrier"))
    MPI_Barrier(MPI_COMM_WORLD);
  else if (!strcmp(name, "all-reduce"))
    MPI_Allreduce(in, out, bytes / 4, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
  else if (!strcmp(name, "scan"))
    MPI_Scan(in, out, bytes / 4, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD), MPI_Barrier(MPI_COMM_WORLD);
  else if (!strcmp(name, "all-gather"))
    MPI_Allgather(in, bytes, MPI_BYTE, out, bytes, MPI_BYTE, MPI_COMM_WORLD);
  else if (!strcmp(name, "all-to-all"))
    MPI_Alltoall(in, bytes, MPI_BYTE, out, bytes, MPI_BYTE, MPI_COMM_WORLD);
  else if (!strcmp(name, "reduce-scatter"))
    MPI_Reduce_scatter_block(in, out, bytes / 4, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
  else if (!strcmp(name, "broadcast"))
    MPI_Bcast(in, bytes, MPI_BYTE, 0, MPI_COMM_WORLD), MPI_Barrier(MPI_COMM_WORLD);
  else if (!strcmp(name, "reduce"))
    MPI_Reduce(in, out, bytes / 4, MPI_FLOAT, MPI_SUM, 0, MPI_COMM_WORLD), MPI_Barrier(MPI_COMM_WORLD);
  else if (!strcmp(name, "gather"))
    MPI_Gather(in, bytes, MPI_BYTE, out, bytes, MPI_BYTE, 0, MPI_COMM_WORLD), MPI_Barrier(MPI_COMM_WORLD);
  else if (!strcmp(name, "scatter"))
    MPI_Scatter(in, bytes, MPI_BYTE, out, bytes, MPI_BYTE, 0, MPI_COMM_WORLD), MPI_Barrier(MPI_COMM_WORLD);
  else
    MPI_Abort(MPI_COMM_WORLD, 2);
}

static int connect_to(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr *)&address, sizeof address)) MPI_Abort(MPI_COMM_WORLD, 2);
  return fd;
}

int main(int argc, char **argv) {
  char line[80], name[32];
  int bytes, repeats, repeat;
  int control;
  FILE *asks;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  control = connect_to(atoi(argv[1]));
  asks = fdopen(control, "r");
  dprintf(control, "%d\n", rank);
  while (fgets(line, sizeof line, asks)) {
    double begin;
    if (sscanf(line, "%31[^:]:%d:%d", name, &bytes, &repeats) != 3) MPI_Abort(MPI_COMM_WORLD, 2);
    take_buffers(bytes);
    /* Processors that slept are slow at first. */
    for (repeat = 0; repeat < (repeats + LEAD_IN - 1) / LEAD_IN; repeat++) once(name, bytes);
    MPI_Barrier(MPI_COMM_WORLD);
    begin = MPI_Wtime();
    for (repeat = 0; repeat < repeats; repeat++) once(name, bytes);
    dprintf(control, "%.3f\n", (MPI_Wtime() - begin) / repeats * 1e6);
  }
  MPI_Finalize();
  return 0;
}
