package io.verbena.samples.demo;

import java.io.IOException;

/**
 * A check of the demo did not hold, or its second process did not come up; the message says which.
 */
final class DemoFailure extends IOException {
  private static final long serialVersionUID = 1L;

  DemoFailure(String message) {
    super("demo: " + message);
  }
}
