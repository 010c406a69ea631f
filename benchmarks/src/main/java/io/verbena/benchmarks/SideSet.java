package io.verbena.benchmarks;

import java.io.IOException;
import java.util.function.Consumer;

/** One side of each of some kinds, and what they need. */
interface SideSet extends AutoCloseable {
  /** The side of a kind, connected. */
  Side get(SideKind kind);

  /** Listens for the other process, tells it the ports, and waits until it has connected. */
  void listen(Consumer<String> tell) throws IOException;

  @Override
  void close() throws IOException;
}
