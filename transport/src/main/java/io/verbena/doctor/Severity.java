package io.verbena.doctor;

/** How a {@link Finding} is to be taken. */
public enum Severity {
  /** As it should be. */
  OK,
  /** RDMA works, or will, but not everything does. */
  WARN,
  /** RDMA cannot be used because of it. */
  FAIL,
  /** There was nothing to look at, or it could not be looked at. */
  NA;

  /**
   * For people.
   *
   * @return the name, {@code N/A} for the last one
   */
  @Override
  public String toString() {
    return this == NA ? "N/A" : name();
  }
}
