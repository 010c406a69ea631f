package io.verbena.verbs;

/** How a {@link MemoryWindow} is bound; stands for {@code enum ibv_mw_type}. */
public enum MemoryWindowType {
  /** Belongs to a protection domain; bound by a call of its own, the device chooses the key. */
  TYPE_1(1),
  /**
   * Belongs to the queue pair that it is bound with; bound by a request in a batch, and a peer can
   * end it. The key is ours to choose: each binding has the next one.
   */
  TYPE_2(2);

  private final int code;

  MemoryWindowType(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
