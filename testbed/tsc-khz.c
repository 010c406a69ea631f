/*
 * Prints the frequency of this machine's time stamp counter in kHz, for the guest's kernel.
 *
 * The emulated CPU hands the host's counter through. The guest would calibrate it against emulated timers, and on a busy
 * host it now and then finds a rate that is half wrong: its clock then runs too fast, or its boot hangs in delay loops.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC_RAW, &t);
  return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

struct sample {
  int64_t ns;
  uint64_t ticks;
};

/* Of several readings the one with the shortest span between the two clocks: the others were interrupted. */
static struct sample take(void) {
  struct sample best = {0, 0};
  int64_t shortest = INT64_MAX;
  for (int i = 0; i < 100; i++) {
    int64_t before = now();
    uint64_t ticks = __rdtsc();
    int64_t span = now() - before;
    if (span < shortest) {
      shortest = span;
      best = (struct sample){before + span / 2, ticks};
    }
  }
  return best;
}

int main(void) {
  struct timespec pause = {0, 50000000};
  struct sample first = take();
  nanosleep(&pause, NULL);
  struct sample last = take();
  printf("%.0f\n", (last.ticks - first.ticks) * 1e6 / (last.ns - first.ns));
  return 0;
}
