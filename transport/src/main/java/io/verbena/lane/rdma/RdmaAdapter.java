package io.verbena.lane.rdma;

import io.verbena.verbs.CompletionChannel;
import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import io.verbena.verbs.ProtectionDomain;
import java.io.IOException;

/**
 * An RDMA device that a transport uses, opened, with its protection domain; which port and address
 * a queue pair uses, its {@link RdmaPath} says. Thread-safe.
 */
public final class RdmaAdapter implements AutoCloseable {
  private final Context context;
  private final ProtectionDomain domain;
  private final CompletionChannel channel;
  private final RdmaHub hub;

  private RdmaAdapter(Context context) throws IOException {
    this.context = context;
    this.domain = context.createDomain();
    this.channel = context.createCompletionChannel();
    this.hub = new RdmaHub(this);
  }

  /**
   * Opens a device.
   *
   * @throws IOException if it is gone or refuses
   */
  public static RdmaAdapter open(Device device) throws IOException {
    Context context = device.open();
    try {
      return new RdmaAdapter(context);
    } catch (IOException e) {
      context.close();
      throw e;
    }
  }

  /** The device's name. */
  public String device() {
    return context.device().name();
  }

  /** Where this adapter's memory is registered. */
  public ProtectionDomain domain() {
    return domain;
  }

  /** What all lanes share. */
  public RdmaHub hub() {
    return hub;
  }

  /** Where the completion queues of all lanes announce what they have. */
  CompletionChannel channel() {
    return channel;
  }

  Context context() {
    return context;
  }

  /** Closes the device; lanes must be closed before. */
  @Override
  public void close() {
    hub.close();
    context.close();
  }
}
