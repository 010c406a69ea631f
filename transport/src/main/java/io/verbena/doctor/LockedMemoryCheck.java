package io.verbena.doctor;

import io.verbena.cause.Cause;
import io.verbena.memory.BufferPoolConfig;
import java.util.OptionalLong;

/** Registered memory is locked: how much of it this process may have. */
final class LockedMemoryCheck implements Check {
  private static final String NAME = "Max locked memory";

  /** In a container nobody may raise it. */
  private static String cure(Host host) {
    return host.platform().container()
        ? "Start the container with " + Cause.CONTAINER
        : Cause.MEMLOCK + " # " + Cause.MEMLOCK_LASTS;
  }

  @Override
  public Finding look(Host host) {
    Notes notes = new Notes("locked-memory", "Locked memory");
    OptionalLong limit = Limits.soft(host.files(), NAME);
    notes.saw(Limits.FILE, Limits.line(host.files(), NAME).orElse("(no line of " + NAME + ')'));
    boolean all = Limits.mayLockAll(host.files());
    notes.saw("/proc/self/status", all ? "CapEff has CAP_IPC_LOCK" : "CapEff has no CAP_IPC_LOCK");
    Answers answers = host.answers();
    Answers.Trial trial = answers == null ? null : answers.trial();
    if (trial != null) {
      notes.saw(
          "ibv_reg_mr of %d bytes on %s".formatted(trial.bytes(), trial.device()),
          trial.problem().isEmpty() ? "registered" : '(' + trial.problem() + ')');
      if (!trial.problem().isEmpty()) {
        return notes.fail(
            "Registering memory failed: " + trial.problem() + '.',
            trial.cure().isEmpty() ? cure(host) : PeerFindings.sentence(trial.cure()));
      }
    }
    if (answers == null) {
      notes.saw("ibv_reg_mr", "(not tried: --root)");
    }
    if (limit.isEmpty()) {
      return notes.notApplicable("There is no limit to read.");
    }
    long bytes = all ? Long.MAX_VALUE : limit.getAsLong();
    BufferPoolConfig pool = BufferPoolConfig.defaults();
    if (bytes < pool.firstSlabBytes()) {
      return notes.finding(
          host.worst(),
          "This process may lock %s of memory, and a transport's first buffers take %s."
              .formatted(size(bytes), size(pool.firstSlabBytes())),
          cure(host));
    }
    if (bytes < pool.ceilingBytes()) {
      return notes.warn(
          "This process may lock %s of memory, and a transport's buffers may want up to %s."
              .formatted(size(bytes), size(pool.ceilingBytes())),
          cure(host));
    }
    return notes.ok(
        bytes == Long.MAX_VALUE
            ? "This process may lock as much memory as there is."
            : "This process may lock %s of memory, as much as a transport takes."
                .formatted(size(bytes)));
  }

  static String size(long bytes) {
    if (bytes < 1 << 20) {
      return bytes / 1024 + " KiB";
    }
    return bytes < 1L << 33 ? (bytes >> 20) + " MiB" : (bytes >> 30) + " GiB";
  }
}
