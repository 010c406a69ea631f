package io.verbena;

import io.verbena.TransportException.Kind;
import io.verbena.lane.rdma.RdmaAdapter;
import io.verbena.lane.rdma.RdmaAdapters;
import io.verbena.lane.rdma.RdmaPins;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.RegisteredMemory;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The adapters of a transport and the memory that they reach, of messages and of one-sided
 * operations; without adapters it is plain memory. Thread-safe.
 */
final class TransportMemory implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TransportMemory.class);

  final @Nullable RdmaAdapters adapters;

  /** Why that is null. */
  final String noRdma;

  /** Of one-sided operations. */
  final MemoryDomain domain;

  /** Of messages, sent and received. */
  final MessageBuffers buffers;

  private TransportMemory(@Nullable RdmaAdapters adapters, MessageBuffers buffers, String noRdma) {
    this.adapters = adapters;
    this.noRdma = noRdma;
    this.domain =
        adapters == null || adapters.all().isEmpty()
            ? new MemoryDomain(null)
            : MemoryDomain.across(adapters.domains());
    this.buffers = buffers;
  }

  /** Opens the adapters, if they are wanted. */
  static TransportMemory open(TransportConfig config) throws TransportException {
    if (config.rdma() == RdmaMode.OFF) {
      return plain(config, "it is switched off");
    }
    TransportMemory memory = null;
    try {
      memory = of(config, RdmaAdapters.open(pins(config)));
      Optional<String> unavailable = memory.rdmaUnavailable();
      if (config.rdma() == RdmaMode.REQUIRED && unavailable.isPresent()) {
        throw new IOException(unavailable.get());
      }
      return memory;
    } catch (IOException | RuntimeException e) {
      if (memory != null) {
        memory.close();
      }
      if (e instanceof RuntimeException) {
        LOG.warn("RDMA cannot be used: an adapter failed in a way that nobody thought of", e);
      }
      String reason = String.valueOf(e.getMessage());
      if (config.rdma() == RdmaMode.REQUIRED) {
        throw new TransportException(
            Kind.RDMA_UNAVAILABLE, "RDMA is required and not available: " + reason, e);
      }
      return plain(config, reason);
    }
  }

  private static TransportMemory of(TransportConfig config, RdmaAdapters adapters) {
    try {
      var buffers = new MessageBuffers(config.bufferPool(), adapters);
      var memory = new TransportMemory(adapters, buffers, "");
      adapters.welcomeNewcomers(memory::welcome);
      return memory;
    } catch (RuntimeException e) {
      adapters.close();
      throw e;
    }
  }

  private static TransportMemory plain(TransportConfig config, String noRdma) {
    return new TransportMemory(null, new MessageBuffers(config.bufferPool()), noRdma);
  }

  private static RdmaPins pins(TransportConfig config) {
    return new RdmaPins(config.device(), config.port(), config.gidIndex(), config.pkey());
  }

  /** An adapter reaches what the others reach. */
  private void welcome(RdmaAdapter adapter) throws VerbsException {
    domain.include(adapter.domain());
    buffers.add(adapter);
  }

  /** See {@link Transport#rdmaUnavailable}. */
  Optional<String> rdmaUnavailable() {
    return adapters == null ? Optional.of(noRdma) : adapters.unavailable();
  }

  /** See {@link Transport#allocate}. */
  RegisteredMemory allocate(long bytes) throws IOException {
    if (adapters != null) {
      for (RdmaAdapter each : adapters.all()) {
        // Nobody listens to an adapter that has no endpoint.
        each.hub().checkPeers();
        if (each.refusal() != null) {
          domain.leaveOut(each.domain());
        }
      }
    }
    try {
      return domain.allocate(bytes);
    } catch (VerbsException e) {
      if (!leaveOutTheGone()) {
        throw e;
      }
      return domain.allocate(bytes);
    }
  }

  /** An adapter may go without a word. Returns whether one has. */
  private boolean leaveOutTheGone() {
    boolean found = false;
    if (adapters != null) {
      for (RdmaAdapter each : adapters.all()) {
        if (each.isGone()) {
          domain.leaveOut(each.domain());
          found = true;
        }
      }
    }
    return found;
  }

  /** Whether this thread is in the events of a lane. */
  boolean isInUseByCurrentThread() {
    return adapters != null && adapters.isInUseByCurrentThread();
  }

  @Override
  public void close() {
    buffers.close();
    try {
      domain.close();
    } finally {
      if (adapters != null) {
        adapters.close();
      }
    }
  }
}
