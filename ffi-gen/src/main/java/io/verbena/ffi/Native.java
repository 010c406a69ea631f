package io.verbena.ffi;

import org.jspecify.annotations.Nullable;

/**
 * The native libraries that Verbena can use: whether each is there and, when it is not, why.
 *
 * <p>Ask here before touching a generated class: {@code Verbs}, {@code RdmaCm} and {@code PMIx}
 * look their library up in their static initialiser and are unusable for the rest of the process
 * when it is absent. This class touches none of them, so it works on every machine.
 *
 * <p>The answer is computed once for each library, when it is first asked for, and never changes. A
 * library that is found stays loaded until the JVM ends, see {@code dlopen(3)}. All methods may be
 * called by any thread.
 */
public enum Native {
  /** The verbs, {@code libibverbs.so.1} of rdma-core, see {@code ibv_get_device_list(3)}. */
  LIBIBVERBS("libibverbs.so.1", "rdma-core 34", "ibv_reg_dmabuf_mr"),

  /** The connection manager, {@code librdmacm.so.1} of rdma-core, see {@code rdma_cm(7)}. */
  LIBRDMACM("librdmacm.so.1", "rdma-core 31", "rdma_set_local_ece"),

  /** The launcher's side of a parallel job, {@code libpmix.so.2} of OpenPMIx. */
  LIBPMIX("libpmix.so.2", "PMIx 4.1.3", "PMIx_Value_destruct");

  private final String libraryName;

  @SuppressWarnings("ImmutableEnumChecker") // computed late, but only once
  private final LibraryProbe probe;

  Native(String libraryName, String oldestRelease, String newestSymbol) {
    this.libraryName = libraryName;
    this.probe = new LibraryProbe(libraryName, oldestRelease, newestSymbol);
  }

  /**
   * The name under which the dynamic linker is asked for this library.
   *
   * @return a file name such as {@code libibverbs.so.1}
   */
  public String libraryName() {
    return libraryName;
  }

  /**
   * Whether this library can be called.
   *
   * @return true when {@link #unavailabilityCause()} is null
   */
  public boolean isAvailable() {
    return availability() == Availability.AVAILABLE;
  }

  /**
   * Whether this library can be called, for programs.
   *
   * @return the sort of reason that {@link #unavailabilityCause()} puts into words
   */
  public Availability availability() {
    return probe.availability();
  }

  /**
   * Why this library cannot be called.
   *
   * @return a clause that completes "no RDMA: ...", such as {@code libibverbs.so.1 is not
   *     installed}; null when the library is available
   */
  public @Nullable String unavailabilityCause() {
    return probe.cause();
  }
}
