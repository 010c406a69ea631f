package io.verbena.benchmarks;

import java.io.IOException;

/** Something that a measurement needs is not there; the message is one sentence with the cure. */
final class PrerequisiteException extends IOException {
  private static final long serialVersionUID = 1;

  PrerequisiteException(String message) {
    super(message);
  }
}
