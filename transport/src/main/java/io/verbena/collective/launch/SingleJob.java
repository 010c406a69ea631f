package io.verbena.collective.launch;

import java.time.Duration;

/** A process that nobody was started with. */
final class SingleJob implements Job {
  private byte[] value = {};

  @Override
  public String launcher() {
    return "none";
  }

  @Override
  public int rank() {
    return 0;
  }

  @Override
  public int size() {
    return 1;
  }

  @Override
  public void exchange(byte[] mine, Duration timeout) {
    value = Variables.requireValue(mine).clone();
  }

  @Override
  public byte[] valueOf(int rank) {
    return value.clone();
  }

  @Override
  public void abort(int status, String reason) {
    // The caller is all there is to end.
  }

  @Override
  public void close() {
    // Nobody to say goodbye to.
  }
}
