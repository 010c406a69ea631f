package io.verbena.collective.launch;

import io.verbena.ffi.Availability;
import io.verbena.ffi.Native;
import io.verbena.ffi.PmixCalls;
import io.verbena.ffi.pmix.PMIx;
import io.verbena.ffi.pmix.pmix_info;
import io.verbena.ffi.pmix.pmix_proc;
import io.verbena.ffi.pmix.pmix_value;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * The processes of a PMIx server: of Open MPI's {@code mpirun}, or of Slurm with {@code
 * --mpi=pmix}. Calls that wait for others run on threads of their own, so that a deadline holds
 * whatever the server does.
 */
final class PmixJob implements Job {
  private static final String KEY = "verbena";
  private static final long VALUE = 8;
  private static final long SECOND_WORD = 16;

  /** What the server may take to answer a question that waits for nobody else. */
  private static final Duration ANSWER = Duration.ofSeconds(30);

  /** For saying who is missing, after the others' time is over. */
  private static final Duration INQUIRY = Duration.ofSeconds(20);

  private static final int INQUIRERS = 64;

  // What a call that never returns may use is never freed before it.
  private final Arena arena = Arena.ofAuto();
  private final MemorySegment self = pmix_proc.allocate(arena);
  private int size;
  private boolean failed;

  private PmixJob() {}

  static PmixJob join(Duration timeout) throws LaunchException {
    String cause = Native.LIBPMIX.unavailabilityCause();
    if (cause != null) {
      throw new LaunchException(
          "the launcher is a PMIx server, but " + cause + cure(Native.LIBPMIX.availability()));
    }
    var job = new PmixJob();
    job.within(
        timeout,
        "PMIx_Init",
        () -> require(PMIx.PMIx_Init(job.self, MemorySegment.NULL, 0), "PMIx_Init"));
    try {
      job.size = job.within(ANSWER, "PMIx_Get", job::jobSize);
    } catch (LaunchException e) {
      job.close();
      throw e;
    }
    return job;
  }

  private static String cure(Availability availability) {
    return switch (availability) {
      case ABSENT, BROKEN, TOO_OLD ->
          ": install version 4.1.3 or newer of libpmix2 (Debian 12), libpmix2t64 (Debian 13, Ubuntu"
              + " 24.04) or pmix (RHEL family)";
      case AVAILABLE, WRONG_PLATFORM, DENIED -> "";
    };
  }

  private int jobSize() throws LaunchException {
    MemorySegment everybody = process(PMIx.PMIX_RANK_WILDCARD());
    MemorySegment value = get(everybody, PMIx.PMIX_JOB_SIZE(), MemorySegment.NULL, 0);
    try {
      requireType(value, PMIx.PMIX_UINT32(), "the number of processes");
      return value.get(ValueLayout.JAVA_INT, VALUE);
    } finally {
      PmixCalls.release(value);
    }
  }

  private MemorySegment process(int rank) {
    MemorySegment process = pmix_proc.allocate(arena);
    process.copyFrom(self);
    pmix_proc.rank(process, rank);
    return process;
  }

  private MemorySegment get(
      MemorySegment process, MemorySegment key, MemorySegment info, long count)
      throws LaunchException {
    MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
    require(PMIx.PMIx_Get(process, key, info, count, out), "PMIx_Get");
    return PmixCalls.value(out);
  }

  private static void requireType(MemorySegment value, int type, String what)
      throws LaunchException {
    int is = Short.toUnsignedInt(value.get(ValueLayout.JAVA_SHORT, 0));
    if (is != type) {
      throw new LaunchException(
          "the PMIx server gave %s with type %d, not %d".formatted(what, is, type));
    }
  }

  private static int require(int status, String call) throws LaunchException {
    if (status != PMIx.PMIX_SUCCESS()) {
      throw new StatusException(status, call);
    }
    return status;
  }

  /** Runs a call on a thread of its own and waits for it no longer than that. */
  private <T> T within(Duration timeout, String call, Callable<T> work) throws LaunchException {
    var task = new FutureTask<>(work);
    start(task);
    try {
      return task.get(Variables.nanos(timeout), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      failed = true;
      throw new LateException(
          "%s did not return within %d ms".formatted(call, timeout.toMillis()), e);
    } catch (InterruptedException e) {
      failed = true;
      Thread.currentThread().interrupt();
      throw new LaunchException("interrupted in " + call, e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof LaunchException cause
          ? cause
          : new LaunchException(call + " failed: " + e.getCause(), e);
    }
  }

  private static void start(Runnable task) {
    Thread.ofPlatform().daemon().name("verbena-pmix").start(task);
  }

  @Override
  public String launcher() {
    return "PMIx";
  }

  @Override
  public int rank() {
    return pmix_proc.rank(self);
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public void exchange(byte[] mine, Duration timeout) throws LaunchException {
    byte[] value = Variables.requireValue(mine);
    within(ANSWER, "PMIx_Put", () -> put(value));
    try {
      within(timeout, "PMIx_Fence", this::fence);
    } catch (LateException e) {
      throw LaunchException.ofMissing(missing(), size, timeout);
    }
  }

  private int put(byte[] mine) throws LaunchException {
    MemorySegment value = pmix_value.allocate(arena);
    value.set(ValueLayout.JAVA_SHORT, 0, (short) PMIx.PMIX_BYTE_OBJECT());
    value.set(ValueLayout.ADDRESS, VALUE, arena.allocateFrom(ValueLayout.JAVA_BYTE, mine));
    value.set(ValueLayout.JAVA_LONG, SECOND_WORD, mine.length);
    require(PMIx.PMIx_Put((byte) PMIx.PMIX_GLOBAL(), arena.allocateFrom(KEY), value), "PMIx_Put");
    return require(PMIx.PMIx_Commit(), "PMIx_Commit");
  }

  private int fence() throws LaunchException {
    MemorySegment info = info(PMIx.PMIX_COLLECT_DATA(), PMIx.PMIX_BOOL());
    value(info).set(ValueLayout.JAVA_BOOLEAN, VALUE, true);
    return require(PMIx.PMIx_Fence(MemorySegment.NULL, 0, info, 1), "PMIx_Fence");
  }

  /** What {@code PMIX_INFO_LOAD} makes, but for the value. */
  private MemorySegment info(MemorySegment key, int type) {
    MemorySegment info = pmix_info.allocate(arena);
    MemorySegment name = pmix_info.key(info);
    name.setString(0, key.getString(0));
    value(info).set(ValueLayout.JAVA_SHORT, 0, (short) type);
    return info;
  }

  private static MemorySegment value(MemorySegment info) {
    return pmix_info.value(info);
  }

  /** Who has not put a value that the server knows: it waits a second for each of them. */
  private List<Integer> missing() {
    var known = new boolean[size];
    var next = new AtomicInteger();
    List<FutureTask<?>> inquiries = new ArrayList<>();
    for (int i = 0; i < Math.min(size, INQUIRERS); i++) {
      var inquiry =
          new FutureTask<>(
              () -> {
                for (int other = next.getAndIncrement();
                    other < size;
                    other = next.getAndIncrement()) {
                  known[other] = isKnown(other);
                }
                return true;
              });
      inquiries.add(inquiry);
      start(inquiry);
    }
    long deadline = System.nanoTime() + INQUIRY.toNanos();
    try {
      for (FutureTask<?> inquiry : inquiries) {
        inquiry.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      }
    } catch (TimeoutException | ExecutionException e) {
      // It does not say: better nobody than the wrong ones.
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
    return IntStream.range(0, size).filter(other -> !known[other]).boxed().toList();
  }

  private boolean isKnown(int other) throws LaunchException {
    try {
      read(other, true);
      return true;
    } catch (StatusException e) {
      if (e.status == PMIx.PMIX_ERR_NOT_FOUND() || e.status == PMIx.PMIX_ERR_TIMEOUT()) {
        return false;
      }
      throw e;
    }
  }

  private byte[] read(int other, boolean atOnce) throws LaunchException {
    MemorySegment info = MemorySegment.NULL;
    if (atOnce) {
      info = info(PMIx.PMIX_TIMEOUT(), PMIx.PMIX_INT());
      value(info).set(ValueLayout.JAVA_INT, VALUE, 1);
    }
    MemorySegment value = get(process(other), arena.allocateFrom(KEY), info, atOnce ? 1 : 0);
    try {
      requireType(value, PMIx.PMIX_BYTE_OBJECT(), "the address of rank " + other);
      return PmixCalls.bytes(value, MAX_VALUE_BYTES);
    } finally {
      PmixCalls.release(value);
    }
  }

  @Override
  public byte[] valueOf(int other) throws LaunchException {
    return within(ANSWER, "PMIx_Get", () -> read(other, false));
  }

  @Override
  public void abort(int status, String reason) {
    try {
      within(
          ANSWER,
          "PMIx_Abort",
          () -> PMIx.PMIx_Abort(status, arena.allocateFrom(reason), MemorySegment.NULL, 0));
    } catch (LaunchException e) {
      // The caller ends, which the server sees.
    }
  }

  @Override
  public void close() {
    if (failed) {
      // It would wait for what did not come.
      return;
    }
    try {
      within(ANSWER, "PMIx_Finalize", () -> PMIx.PMIx_Finalize(MemorySegment.NULL, 0));
    } catch (LaunchException e) {
      // The server sees the process end anyway.
    }
  }

  /** A call failed. */
  private static final class StatusException extends LaunchException {
    private static final long serialVersionUID = 1;

    private final int status;

    StatusException(int status, String call) {
      super("%s failed: %s".formatted(call, PmixCalls.text(status)));
      this.status = status;
    }
  }

  /** A call did not return in time. */
  private static final class LateException extends LaunchException {
    private static final long serialVersionUID = 1;

    LateException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
