package io.verbena.collective.peer;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A message to be sent. */
public final class Send extends Transfer {
  /** What has been handed to the endpoint of its content; -1 before its envelope was. */
  long sent;

  /** Whether the endpoint has taken anything: then the receiver takes what follows for the rest. */
  boolean begun;

  /** What the endpoint did not take yet. */
  @Nullable ByteBuf refused;

  /** Parts that the endpoint still reads, and so this cannot end: where they lie is not ours. */
  final AtomicInteger lent = new AtomicInteger();

  /** A send that tells its owner when its memory may be written again. */
  public Send(Owner owner) {
    super(owner);
  }

  boolean isHandedOver() {
    return sent == length && refused == null;
  }
}
