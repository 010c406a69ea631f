package io.verbena;

import io.netty.buffer.ByteBuf;
import io.netty.util.IllegalReferenceCountException;
import org.jspecify.annotations.Nullable;

/** Sends and receives the messages of an endpoint, for callers that wait or do not. */
final class MessageCalls {
  /** A message from here on is worth a moment of its sender's time if the socket is full. */
  private static final int PUSHED_BYTES = 64 << 10;

  private final EndpointCore core;
  private final Conversation conversation;

  MessageCalls(EndpointCore core) {
    this.core = core;
    this.conversation = core.conversation;
  }

  void send(ByteBuf message) throws TransportException {
    core.lock.lock();
    try {
      int bytes = message.readableBytes();
      if (!offer(message)) {
        long deadline = core.operationDeadline();
        for (int pauses = 1; !offer(message); pauses++) {
          core.waiters.pauseForRoom(deadline, pauses, "send");
        }
      }
      push(bytes);
    } finally {
      core.lock.unlock();
    }
  }

  boolean trySend(ByteBuf message) throws TransportException {
    core.lock.lock();
    try {
      boolean accepted = offer(message);
      core.wakeDriver();
      if (!accepted) {
        core.leaveToDriver();
      }
      return accepted;
    } finally {
      core.lock.unlock();
    }
  }

  private boolean offer(ByteBuf message) throws TransportException {
    core.requireUsable();
    if (message.refCnt() == 0) {
      // Or else it would be noticed when its turn comes, and be the end of the endpoint.
      throw new IllegalReferenceCountException(0);
    }
    int most = conversation.peerMessageBytes();
    if (message.readableBytes() > most) {
      throw new IllegalArgumentException(
          "the message has %d bytes, the peer accepts %d: the least of its maxMessageBytes and its bufferPool's ceiling"
              .formatted(message.readableBytes(), most));
    }
    boolean failedBefore = conversation.failed();
    boolean accepted;
    try {
      accepted = conversation.offer(message);
    } finally {
      if (conversation.failed() != failedBefore) {
        core.ended();
      }
    }
    core.waiters.tell(false);
    return accepted;
  }

  /**
   * Goes on sending a long message that the socket had no room for, rather than have a thread of
   * the transport woken for it, or leave the peer with a part of it until the caller polls again;
   * not if this takes long.
   */
  private void push(int bytes) {
    if (bytes >= PUSHED_BYTES && core.link instanceof Link.Tcp && conversation.lane.hasUnsent()) {
      core.waiters.push();
    }
    core.wakeDriver();
  }

  /** The next message, within so many nanoseconds. */
  ByteBuf receive(long nanos) throws TransportException {
    core.lock.lock();
    try {
      ByteBuf message = take();
      if (message != null) {
        return message;
      }
      long deadline = System.nanoTime() + nanos;
      for (int pauses = 1; message == null; pauses++) {
        core.waiters.pauseForEvent(deadline, pauses, "receive");
        message = takeArrived();
      }
      return message;
    } finally {
      core.lock.unlock();
    }
  }

  @Nullable ByteBuf tryReceive() throws TransportException {
    core.lock.lock();
    try {
      return take();
    } finally {
      core.lock.unlock();
    }
  }

  /** The next message, or null; where callers make the progress, after a look for it. */
  private @Nullable ByteBuf take() throws TransportException {
    ByteBuf message = takeArrived();
    if (message == null && core.callerProgress) {
      core.advance(false);
      message = takeArrived();
    }
    return message;
  }

  /** The next message if it is there already, or null. */
  private @Nullable ByteBuf takeArrived() throws TransportException {
    if (core.hasHandler()) {
      throw new IllegalStateException("messages go to the endpoint's handler");
    }
    ByteBuf message = conversation.take();
    if (message == null) {
      core.requireUsable();
    } else {
      // Taking a message may have granted credit that the socket had no room for.
      core.wakeDriver();
    }
    return message;
  }
}
