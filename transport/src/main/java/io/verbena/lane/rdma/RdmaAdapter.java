package io.verbena.lane.rdma;

import io.verbena.verbs.CompletionChannel;
import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import io.verbena.verbs.PortChoice;
import io.verbena.verbs.PortWishes;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import java.net.InetAddress;
import java.util.Optional;

/**
 * The port of an RDMA device that a transport uses, opened, with its protection domain.
 * Thread-safe.
 */
public final class RdmaAdapter implements AutoCloseable {
  private final Context context;
  private final PortChoice choice;
  private final ProtectionDomain domain;
  private final CompletionChannel channel;
  private final RdmaHub hub;

  private RdmaAdapter(Context context, PortChoice choice) throws IOException {
    this.context = context;
    this.choice = choice;
    this.domain = context.createDomain();
    this.channel = context.createCompletionChannel();
    this.hub = new RdmaHub(this);
  }

  /**
   * Opens the best usable port, see {@link Device#choose}.
   *
   * @param wanted the device to use, or empty for any
   * @throws IOException if there is none; its message is the reason, as a clause
   */
  public static RdmaAdapter open(Optional<String> wanted) throws IOException {
    PortWishes wishes = PortWishes.none();
    PortChoice choice = Device.choose(wanted.map(wishes::withDevice).orElse(wishes));
    Context context = choice.device().open();
    try {
      return new RdmaAdapter(context, choice);
    } catch (IOException e) {
      context.close();
      throw e;
    }
  }

  /** The device's name. */
  public String device() {
    return choice.device().name();
  }

  /** The port's number, from 1. */
  public int port() {
    return choice.port().number();
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

  /** Longest message of one work request, in bytes. */
  long maxMessageBytes() {
    return choice.port().maxMessageBytes();
  }

  Context context() {
    return context;
  }

  /** The partition key that queue pairs use, by its place in the port's table. */
  int pkeyIndex() {
    return choice.pkeyIndex();
  }

  /** The partition key itself, which the peer must have too. */
  int partitionKey() throws VerbsException {
    return context.pkey(port(), pkeyIndex());
  }

  /** The GID for a connection whose TCP side has a local address. */
  int gidIndex(InetAddress local) {
    return choice.gid(local).index();
  }

  /** Closes the device; lanes must be closed before. */
  @Override
  public void close() {
    hub.close();
    context.close();
  }
}
