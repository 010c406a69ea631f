package io.verbena.verbs;

import io.verbena.ffi.ContextVerbs;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_device_attr_ex;
import io.verbena.ffi.verbs.ibv_values_ex;
import io.verbena.ffi.verbs.timespec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Asks a context about its adapter, with the lock. */
final class DeviceQueries {
  private final Context context;
  private @Nullable ExtendedDeviceAttributes attributes;

  DeviceQueries(Context context) {
    this.context = context;
  }

  ExtendedDeviceAttributes attributes() throws VerbsException {
    context.lock.lock();
    try (Arena arena = Arena.ofConfined()) {
      context.requireOpen();
      ExtendedDeviceAttributes known = attributes;
      if (known == null) {
        MemorySegment attr = ibv_device_attr_ex.allocate(arena);
        int result = ContextVerbs.queryDeviceEx(context.handle, attr);
        if (result != 0) {
          throw failure("ibv_query_device_ex", result);
        }
        known = Snapshots.extended(attr);
        attributes = known;
      }
      return known;
    } finally {
      context.lock.unlock();
    }
  }

  long clockTicks() throws VerbsException {
    context.lock.lock();
    try (Arena arena = Arena.ofConfined()) {
      context.requireOpen();
      MemorySegment values = ibv_values_ex.allocate(arena);
      ibv_values_ex.comp_mask(values, Verbs.IBV_VALUES_MASK_RAW_CLOCK());
      int result = ContextVerbs.queryRtValuesEx(context.handle, values);
      if (result != 0) {
        throw failure("ibv_query_rt_values_ex", result);
      }
      // A timespec in form only: providers put the counter's value into the nanoseconds.
      MemorySegment clock = ibv_values_ex.raw_clock(values);
      return timespec.tv_sec(clock) * 1_000_000_000 + timespec.tv_nsec(clock);
    } finally {
      context.lock.unlock();
    }
  }

  private VerbsException failure(String verb, int result) {
    return VerbsException.of(verb, context.device().name(), Math.abs(result));
  }
}
