package io.verbena.samples.kv;

/**
 * The messages. Request: {@code u8} what, {@code u8} length of the key, key, value. Answer: {@code
 * u8} how it went, then the value, the reason, or, for {@link #TABLE}, the {@code RemoteMemory} of
 * the table.
 */
final class Protocol {
  static final int GET = 1;
  static final int PUT = 2;
  static final int DELETE = 3;
  static final int TABLE = 4;

  static final int DONE = 0;
  static final int ABSENT = 1;
  static final int REFUSED = 2;

  /** Longest key, in bytes. */
  static final int MOST_KEY_BYTES = 255;

  /** Longest value, in bytes. */
  static final int MOST_VALUE_BYTES = 1 << 20;

  /** Longest message of either side. */
  static final int MOST_BYTES = 2 + MOST_KEY_BYTES + MOST_VALUE_BYTES;

  private Protocol() {}
}
