package io.verbena.verbs;

/** What memory will be used for soon; stands for {@code enum ibv_advise_mr_advice}. */
public enum MemoryAdvice {
  /** The adapter will read it: bring its pages in. */
  PREFETCH(0),
  /** The adapter will write it: bring its pages in, writable. */
  PREFETCH_WRITE(1),
  /** The adapter will use it: tell it of the pages that are there, bring none in. */
  PREFETCH_PRESENT(2);

  private final int code;

  MemoryAdvice(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
