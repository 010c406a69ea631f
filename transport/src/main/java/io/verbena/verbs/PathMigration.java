package io.verbena.verbs;

/**
 * Whether a connection can change over to its alternate path by itself; stands for {@code enum
 * ibv_mig_state}, see {@code man ibv_modify_qp}. InfiniBand only.
 */
public enum PathMigration {
  /** On the path that is in effect; none is armed. */
  MIGRATED(0),
  /** Asks the device to arm the alternate path. */
  REARM(1),
  /** The alternate path takes over when the present one fails. */
  ARMED(2),
  /** A number that this version does not know. */
  UNKNOWN(3);

  private static final PathMigration[] BY_CODE = values();

  private final int code;

  PathMigration(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  static PathMigration of(int code) {
    return code >= 0 && code < BY_CODE.length - 1 ? BY_CODE[code] : UNKNOWN;
  }
}
