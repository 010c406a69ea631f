package io.verbena.verbs;

import io.verbena.ffi.ArenaHold;
import io.verbena.ffi.ErrnoCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Registers memory with the device; the caller holds the lock. */
final class Registration {
  private Registration() {}

  /** Refuses memory that cannot be registered, or that could not be kept. */
  static void check(MemorySegment memory) {
    if (!memory.isNative()) {
      throw new IllegalArgumentException(
          "memory on the Java heap moves and cannot be registered: use allocate(), or an Arena");
    }
    if (memory.byteSize() == 0) {
      throw new IllegalArgumentException("a region has at least 1 byte");
    }
    if (memory.isReadOnly()) {
      throw new IllegalArgumentException("the memory is read-only: the adapter would not know");
    }
    if (!memory.scope().isAlive()) {
      throw new IllegalStateException("the memory is freed: its arena is closed");
    }
    if (ArenaHold.isConfined(memory)) {
      throw new IllegalArgumentException(
          "memory of a confined arena cannot be kept from being freed while the adapter uses it:"
              + " use allocate(), or memory of Arena.ofShared() or Arena.ofAuto()");
    }
  }

  /** The flags of a region, after refusing what the device would refuse without a reason. */
  static int flags(Context context, List<Access> rights) throws VerbsException {
    int flags = Access.regionFlags(rights);
    if (rights.contains(Access.ON_DEMAND)
        && !context.extendedAttributes().onDemandPaging().supported()) {
      throw refusal(
          context,
          rights,
          "has no on-demand paging: register without ON_DEMAND, which pins the pages");
    }
    if (rights.contains(Access.WINDOW_BIND)
        && !context.attributes().capabilities().contains(DeviceCapability.MEMORY_WINDOW)) {
      throw refusal(context, rights, "has no memory windows: register without WINDOW_BIND");
    }
    if (rights.contains(Access.REMOTE_ATOMIC)
        && context.attributes().atomicity() == DeviceAttributes.Atomicity.NONE) {
      throw refusal(context, rights, "has no atomics: register without REMOTE_ATOMIC");
    }
    return flags;
  }

  private static VerbsException refusal(Context context, List<Access> rights, String cure) {
    return VerbsException.of(
        "ibv_reg_mr", "access=" + rights, Cures.EOPNOTSUPP, context.device().name() + ' ' + cure);
  }

  /** Keeps the caller's memory until it is deregistered; null if nobody can free it. */
  static @Nullable ArenaHold hold(MemorySegment memory) {
    try {
      return ArenaHold.of(memory);
    } catch (IllegalStateException e) {
      throw new IllegalStateException("the memory is freed: its arena is closed", e);
    }
  }

  /** A {@code struct ibv_mr}. */
  static MemorySegment register(
      ProtectionDomain domain, MemorySegment memory, int flags, List<Access> rights)
      throws VerbsException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      long length = memory.byteSize();
      long iova = Access.isZeroBased(flags) ? 0 : memory.address();
      boolean plain = !Access.hasOptional(flags) && !Access.isZeroBased(flags);
      MemorySegment region =
          plain
              ? ErrnoCalls.regMr(capture, domain.handle, memory, length, flags)
              : ErrnoCalls.regMrIova2(capture, domain.handle, memory, length, iova, flags);
      if (region.address() == 0) {
        throw VerbsException.of(
            plain ? "ibv_reg_mr" : "ibv_reg_mr_iova2",
            "length=" + length + ", access=" + rights,
            ErrnoCalls.errno(capture));
      }
      return region;
    }
  }
}
