package io.verbena;

import io.verbena.lane.rdma.RdmaAdapter;
import java.io.IOException;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Who moves the data of a transport: a thread for TCP and one for each adapter that has lanes, or
 * nobody. Thread-safe.
 */
final class Drivers implements AutoCloseable {
  private final @Nullable SelectorDriver tcp;
  private final ConcurrentHashMap<RdmaAdapter, CompletionDriver> rdma = new ConcurrentHashMap<>();

  Drivers(Progress progress) throws IOException {
    this.tcp = progress == Progress.THREAD ? new SelectorDriver() : null;
  }

  /**
   * The driver of a new lane.
   *
   * @param adapter whose lane it is, or null for TCP
   */
  Driver of(@Nullable RdmaAdapter adapter) {
    if (tcp == null) {
      return Driver.NONE;
    }
    return adapter == null
        ? tcp
        : rdma.computeIfAbsent(adapter, each -> new CompletionDriver(each.hub()));
  }

  /** Whether it is one of these threads that asks. */
  boolean isOwnThread() {
    return (tcp != null && tcp.isOwnThread())
        || rdma.values().stream().anyMatch(CompletionDriver::isOwnThread);
  }

  @Override
  public void close() {
    if (tcp != null) {
      tcp.close();
    }
    rdma.values().forEach(CompletionDriver::close);
  }
}
