package io.verbena.memory;

/** What the pages of {@link RegisteredMemory} are like. Big ones cost an adapter fewer look-ups. */
public enum PageKind {
  /** As the system has them, mostly 4 KiB. */
  STANDARD,
  /** Made huge by the system where it can ({@code MADV_HUGEPAGE}); memory starts at 2 MiB. */
  TRANSPARENT,
  /**
   * From the system's reserve of pages of 2 MiB ({@code vm.nr_hugepages}, {@code MAP_HUGETLB}).
   * They are touched when they are allocated, as a limit of the control group counts only then;
   * that takes Linux 5.14.
   */
  HUGE
}
