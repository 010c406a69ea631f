package io.verbena.lane.rdma;

import io.netty.buffer.ByteBuf;
import io.verbena.cause.Cause;
import io.verbena.memory.OutOfRegisteredMemoryException;
import io.verbena.memory.RegisteredByteBufAllocator;
import io.verbena.verbs.Access;
import io.verbena.verbs.CompletionChannel;
import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import io.verbena.verbs.ProtectionDomain;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * An RDMA device that a transport uses, opened, with its protection domain; which port and address
 * a queue pair uses, its {@link RdmaPath} says. Thread-safe.
 */
public final class RdmaAdapter implements AutoCloseable {
  private final Context context;
  private final ProtectionDomain domain;
  private final CompletionChannel channel;
  private final RdmaHub hub;
  private volatile boolean hasBuffers;
  private volatile @Nullable String refusal;

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
    } catch (IOException | RuntimeException e) {
      RdmaHub.closeQuietly(context);
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

  /**
   * Sees to it that there is memory for messages that this adapter reaches: long ones are pulled
   * into it, so without it there is no use for a lane. Does little but for the first time.
   *
   * @throws IOException if the adapter refuses to register it, from then on always, or has failed
   */
  public void requireBuffers() throws IOException {
    if (refusal != null) {
      throw new IOException(refusal);
    }
    RegisteredByteBufAllocator buffers = hub.buffers();
    if (hasBuffers || buffers == null) {
      return;
    }
    try {
      ByteBuf one = buffers.directBuffer(1);
      hasBuffers = buffers.regionOf(one) != null;
      one.release();
    } catch (OutOfRegisteredMemoryException e) {
      throw new IOException(e.getMessage(), e);
    }
    if (!hasBuffers) {
      String words = wordsOfRefusal(buffers.config().firstSlabBytes());
      giveUp(words);
      throw new IOException(words);
    }
  }

  /** The allocator has only logged them: asks once more. */
  private String wordsOfRefusal(int bytes) {
    try {
      domain.allocate(bytes, Access.LOCAL_WRITE, Access.REMOTE_READ).close();
      return "it has refused to register buffers";
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /**
   * Asks the device, for somebody whom it has refused something. One that has failed is given up.
   */
  public boolean isGone() {
    if (context.isAnswering()) {
      return false;
    }
    giveUp(Cause.DEVICE_GONE.meaning());
    return true;
  }

  /** From now on no lane is wanted here, and its allocator does without the device. */
  void giveUp(String why) {
    refusal = why;
    RegisteredByteBufAllocator buffers = hub.buffers();
    if (buffers != null) {
      buffers.stopRegistering();
    }
  }

  /** Why no lane is wanted here, or null. */
  public @Nullable String refusal() {
    return refusal;
  }

  /** Where the completion queues of all lanes announce what they have. */
  CompletionChannel channel() {
    return channel;
  }

  Context context() {
    return context;
  }

  /**
   * Closes the device; lanes must be closed before. A device that has failed may refuse, which is
   * logged: others are closed all the same.
   */
  @Override
  public void close() {
    hub.close();
    RdmaHub.closeQuietly(context);
  }
}
