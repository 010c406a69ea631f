/*
 * What CollectivesProgram does, with MPI: each argument is NAME:BYTES:REPEATS. Prints, as the OSU
 * micro-benchmarks do, a head for each name and lines of bytes and microseconds: the median of batches.
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCHES = 41, WARM_UP_BATCHES = 20, WINDOW = 64 };

static int rank, size;
static char *in, *out;
static MPI_Request requests[WINDOW];

static void latency(int bytes) {
  if (rank == 0) {
    MPI_Send(in, bytes, MPI_BYTE, 1, 1, MPI_COMM_WORLD);
    MPI_Recv(out, bytes, MPI_BYTE, 1, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  } else if (rank == 1) {
    MPI_Recv(out, bytes, MPI_BYTE, 0, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Send(in, bytes, MPI_BYTE, 0, 1, MPI_COMM_WORLD);
  }
}

/* A window of messages one way, then a short one back. */
static void stream(int bytes) {
  char word = 0;
  int i;
  if (rank == 0) {
    for (i = 0; i < WINDOW; i++) MPI_Isend(in, bytes, MPI_BYTE, 1, 2, MPI_COMM_WORLD, &requests[i]);
    MPI_Waitall(WINDOW, requests, MPI_STATUSES_IGNORE);
    MPI_Recv(&word, 1, MPI_BYTE, 1, 3, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  } else if (rank == 1) {
    for (i = 0; i < WINDOW; i++) MPI_Irecv(out, bytes, MPI_BYTE, 0, 2, MPI_COMM_WORLD, &requests[i]);
    MPI_Waitall(WINDOW, requests, MPI_STATUSES_IGNORE);
    MPI_Send(&word, 1, MPI_BYTE, 0, 3, MPI_COMM_WORLD);
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
  else
    MPI_Abort(MPI_COMM_WORLD, 2);
}

static int compare(const void *a, const void *b) {
  double d = *(const double *)a - *(const double *)b;
  return d < 0 ? -1 : d > 0;
}

int main(int argc, char **argv) {
  int i;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  for (i = 1; i < argc; i++) {
    char name[32];
    int bytes, repeats, batch, repeat;
    double times[BATCHES];
    if (sscanf(argv[i], "%31[^:]:%d:%d", name, &bytes, &repeats) != 3) MPI_Abort(MPI_COMM_WORLD, 2);
    in = malloc(bytes + 64);
    out = malloc(bytes + 64);
    /* Touched, as OSU's are: reading pages that nobody wrote is reading one page of zeros again and again. */
    memset(in, 1, bytes + 64);
    memset(out, 1, bytes + 64);
    for (batch = 0; batch < WARM_UP_BATCHES; batch++)
      for (repeat = 0; repeat < repeats; repeat++) once(name, bytes);
    for (batch = 0; batch < BATCHES; batch++) {
      double begin;
      MPI_Barrier(MPI_COMM_WORLD);
      begin = MPI_Wtime();
      for (repeat = 0; repeat < repeats; repeat++) once(name, bytes);
      times[batch] = (MPI_Wtime() - begin) / repeats * 1e6;
    }
    qsort(times, BATCHES, sizeof(double), compare);
    if (rank == 0) printf("# %s\n# Size          Latency (us)\n%-16d %.2f\n", name, bytes, times[BATCHES / 2]);
    free(in);
    free(out);
  }
  MPI_Finalize();
  return 0;
}
