package io.verbena.verbs;

import io.verbena.ffi.verbs.Verbs;

/**
 * Registered memory and child processes; see {@code man ibv_fork_init}. A child shares its parent's
 * pages until one of them writes; before Linux 5.12, the parent's write then moved its registered
 * memory to new pages, while the adapter went on with the old ones. Java starts processes with
 * {@code posix_spawn}, which shares nothing, but with {@code
 * jdk.lang.Process.launchMechanism=FORK}, and native code, forks. Where the kernel does not see to
 * it, the library keeps registered pages from children.
 */
final class Forks {
  private static boolean prepared;

  private Forks() {}

  /** Before the first registration of the process: later it is refused. */
  static synchronized void prepare() throws VerbsException {
    if (prepared) {
      return;
    }
    // Does nothing where the kernel sees to it; before rdma-core 35 it cannot tell.
    int result = Verbs.ibv_fork_init();
    // Somebody else's registration came first: it was he who had to decide.
    if (result != 0 && result != Cures.EINVAL) {
      throw VerbsException.of("ibv_fork_init", "", result);
    }
    prepared = true;
  }
}
