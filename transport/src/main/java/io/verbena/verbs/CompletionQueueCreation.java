package io.verbena.verbs;

import io.verbena.ffi.ContextVerbs;
import io.verbena.ffi.ErrnoCalls;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_context;
import io.verbena.ffi.verbs.ibv_cq;
import io.verbena.ffi.verbs.ibv_cq_init_attr_ex;
import io.verbena.ffi.verbs.ibv_moderate_cq;
import io.verbena.ffi.verbs.ibv_modify_cq_attr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Creates and modifies the C objects of completion queues; the caller holds the lock. */
final class CompletionQueueCreation {
  private static final long NANOS_PER_MICRO = 1000;

  private CompletionQueueCreation() {}

  static CompletionQueue create(Context context, CompletionQueueConfig config)
      throws VerbsException {
    return create(context, config, config.timestamp() != CompletionTimestamp.NONE);
  }

  /** The extended form only where it is needed, because it takes more calls. */
  static CompletionQueue create(Context context, CompletionQueueConfig config, boolean isExtended)
      throws VerbsException {
    check(context, config);
    CompletionChannel channel = config.channel();
    boolean owned = channel == null && !config.polledOnly();
    if (owned) {
      channel = context.createCompletionChannel();
    }
    CompletionQueue queue = null;
    try {
      MemorySegment handle =
          isExtended ? extended(context, config, channel) : plain(context, config, channel);
      queue = new CompletionQueue(context, handle, config, channel, isExtended);
      return queue;
    } finally {
      if (queue == null && owned && channel != null) {
        channel.close();
      }
    }
  }

  /** Refuses what cannot be before the device does. */
  private static void check(Context context, CompletionQueueConfig config) throws VerbsException {
    CompletionChannel channel = config.channel();
    if (channel != null) {
      if (channel.context() != context) {
        throw new IllegalArgumentException(
            "the completion channel is of another context: create one with this context");
      }
      channel.requireOpen();
    }
    int vectors = ibv_context.num_comp_vectors(context.handle);
    if (config.vector() >= vectors) {
      throw new IllegalArgumentException(
          "%s has completion vectors 0 to %d, no %d"
              .formatted(context.device().name(), vectors - 1, config.vector()));
    }
    if (config.timestamp() != CompletionTimestamp.NONE
        && context.extendedAttributes().completionTimestampMask() == 0) {
      throw VerbsException.of(
          "ibv_create_cq_ex",
          config.toString(),
          Cures.EOPNOTSUPP,
          context.device().name() + " does not stamp completions: use CompletionTimestamp.NONE");
    }
  }

  private static MemorySegment plain(
      Context context, CompletionQueueConfig config, @Nullable CompletionChannel channel)
      throws VerbsException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment queue =
          ErrnoCalls.createCq(
              capture,
              context.handle,
              config.entries(),
              MemorySegment.NULL,
              channel == null ? MemorySegment.NULL : channel.handle,
              config.vector());
      if (queue.address() == 0) {
        throw VerbsException.of(
            "ibv_create_cq", "entries=" + config.entries(), ErrnoCalls.errno(capture));
      }
      return queue;
    }
  }

  private static MemorySegment extended(
      Context context, CompletionQueueConfig config, @Nullable CompletionChannel channel)
      throws VerbsException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = ibv_cq_init_attr_ex.allocate(arena);
      ibv_cq_init_attr_ex.cqe(attributes, config.entries());
      ibv_cq_init_attr_ex.channel(
          attributes, channel == null ? MemorySegment.NULL : channel.handle);
      ibv_cq_init_attr_ex.comp_vector(attributes, config.vector());
      ibv_cq_init_attr_ex.wc_flags(attributes, ExtendedPoll.fields(config.timestamp()));
      MemorySegment capture = ErrnoCalls.capture(arena);
      MemorySegment queue = ContextVerbs.createCqEx(capture, context.handle, attributes);
      if (queue.address() == 0) {
        int errno = ErrnoCalls.errno(capture);
        throw VerbsException.of(
            "ibv_create_cq_ex", config.toString(), errno == 0 ? Cures.EOPNOTSUPP : errno);
      }
      return queue;
    }
  }

  static void moderate(CompletionQueue queue, int completionCount, Duration period)
      throws VerbsException {
    Context context = queue.context();
    ExtendedDeviceAttributes.Moderation limits = context.extendedAttributes().moderation();
    String arguments = "completions=" + completionCount + ", period=" + period;
    if (limits.maxCompletions() == 0) {
      throw VerbsException.of(
          "ibv_modify_cq",
          arguments,
          Cures.EOPNOTSUPP,
          context.device().name() + " gives an event for each completion and cannot batch them");
    }
    long micros = Deadlines.nanos(period) / NANOS_PER_MICRO;
    if (completionCount < 0
        || completionCount > limits.maxCompletions()
        || period.isNegative()
        || micros > limits.maxMicros()) {
      throw new IllegalArgumentException(
          arguments + " is not within what the device can do: 0 to " + limits);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = ibv_modify_cq_attr.allocate(arena);
      ibv_modify_cq_attr.attr_mask(attributes, Verbs.IBV_CQ_ATTR_MODERATE());
      MemorySegment moderation = ibv_modify_cq_attr.moderate(attributes);
      ibv_moderate_cq.cq_count(moderation, (short) completionCount);
      ibv_moderate_cq.cq_period(moderation, (short) micros);
      int result = ContextVerbs.modifyCq(context.handle, queue.handle, attributes);
      if (result != 0) {
        throw VerbsException.of("ibv_modify_cq", arguments, Math.abs(result));
      }
    }
  }

  /**
   * Resizes while nobody polls: a provider that cannot map the new ring (soft-RoCE's) lets go of
   * its lock before it notices, and a poll would read where nothing is. If that may be so, the
   * queue is shut.
   *
   * @return 0 or an error number
   */
  static int resize(CompletionQueue queue, int entries) {
    int before = ibv_cq.cqe(queue.handle);
    boolean usable = false;
    queue.pause();
    try {
      UseGuard.awaitIdle(queue);
      int result = Math.abs(Verbs.ibv_resize_cq(queue.handle, entries));
      // If the size has changed, the kernel did agree and what came next failed.
      usable = result == 0 || (refusesCleanly(result) && ibv_cq.cqe(queue.handle) == before);
      return result;
    } finally {
      if (usable) {
        queue.reopen();
      } else {
        queue.shut();
      }
    }
  }

  private static boolean refusesCleanly(int errno) {
    return errno == Cures.EINVAL || errno == Cures.EOPNOTSUPP || errno == Cures.ENOSYS;
  }
}
