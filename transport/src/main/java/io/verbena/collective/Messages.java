package io.verbena.collective;

import java.util.ArrayDeque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Messages from rank to rank. */
abstract class Messages extends Calls<Communicator, CollectiveException> {
  /** As the source of a message: whoever sends. */
  public static final int ANY_SOURCE = -1;

  /** As the tag of a message to be received: whichever it has. */
  public static final int ANY_TAG = -1;

  final Scope scope;
  private final ArrayDeque<Message> idle = new ArrayDeque<>();

  Messages(Scope scope) {
    super(scope.group);
    this.scope = scope;
  }

  /**
   * Sends a message, and waits until its memory may be written again: the receiver may not have it.
   *
   * @param data what to send
   * @param destination a rank
   * @param tag for the receiver, at least 0
   * @throws CollectiveException if it cannot be sent in time
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   */
  public final void send(Elements data, int destination, int tag) throws CollectiveException {
    requireSend(data, destination, tag);
    Message message = idle();
    try {
      message.prepareSend(data, destination, tag);
      scope.complete(message, "send");
    } finally {
      recycle(message);
    }
  }

  /**
   * Receives a message.
   *
   * @param into room for it
   * @param source a rank, or {@link #ANY_SOURCE}
   * @param tag that it is sent with, or {@link #ANY_TAG}
   * @return what came
   * @throws CollectiveException if none comes in time, or it is too long
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   */
  public final Received receive(Elements into, int source, int tag) throws CollectiveException {
    requireReceive(into, source, tag);
    Message message = idle();
    try {
      message.prepareReceive(into, source, tag);
      scope.complete(message, "receive");
      return message.received();
    } finally {
      recycle(message);
    }
  }

  /**
   * Sends one message and receives another at the same time.
   *
   * @param data what to send
   * @param destination a rank
   * @param sendTag for the receiver, at least 0
   * @param into room for what comes, which does not overlap the data
   * @param source a rank, or {@link #ANY_SOURCE}
   * @param receiveTag that it is sent with, or {@link #ANY_TAG}
   * @return what came
   * @throws CollectiveException if one of them fails
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   */
  public final Received sendReceive(
      Elements data, int destination, int sendTag, Elements into, int source, int receiveTag)
      throws CollectiveException {
    requireSend(data, destination, sendTag);
    CollectiveOperation receive = startReceive(into, source, receiveTag);
    try {
      send(data, destination, sendTag);
    } catch (CollectiveException | RuntimeException e) {
      receive.cancel();
      throw e;
    }
    receive.await();
    return receive.received();
  }

  /**
   * Starts sending a message.
   *
   * @param data what to send; left alone until the operation has ended
   * @param destination a rank
   * @param tag for the receiver, at least 0
   * @return the operation
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   */
  public final CollectiveOperation startSend(Elements data, int destination, int tag) {
    return prepareSend(data, destination, tag).startOnce();
  }

  /**
   * Starts receiving a message.
   *
   * @param into room for it; left alone until the operation has ended
   * @param source a rank, or {@link #ANY_SOURCE}
   * @param tag that it is sent with, or {@link #ANY_TAG}
   * @return the operation, which says {@linkplain CollectiveOperation#received what came}
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   */
  public final CollectiveOperation startReceive(Elements into, int source, int tag) {
    return prepareReceive(into, source, tag).startOnce();
  }

  /**
   * Prepares sending messages, one after the other, of what is in the memory when it is started.
   *
   * @param data what to send; left alone while the operation is under way
   * @param destination a rank
   * @param tag for the receiver, at least 0
   * @return the operation
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   */
  public final CollectiveOperation prepareSend(Elements data, int destination, int tag) {
    requireSend(data, destination, tag);
    Message message = new Message(scope.engine.peers, group);
    message.prepareSend(data, destination, tag);
    return new CollectiveOperation(scope, message, "send");
  }

  /**
   * Prepares receiving messages, one after the other, to the same memory.
   *
   * @param into room for one; left alone while the operation is under way
   * @param source a rank, or {@link #ANY_SOURCE}
   * @param tag that it is sent with, or {@link #ANY_TAG}
   * @return the operation
   * @throws IllegalArgumentException if an argument makes no sense; it says which
   */
  public final CollectiveOperation prepareReceive(Elements into, int source, int tag) {
    requireReceive(into, source, tag);
    Message message = new Message(scope.engine.peers, group);
    message.prepareReceive(into, source, tag);
    return new CollectiveOperation(scope, message, "receive");
  }

  private void requireSend(Elements data, int destination, int tag) {
    requireElements(data, "data");
    requireRank(destination, "destination");
    if (tag < 0) {
      throw new IllegalArgumentException("tag is %d: it must not be negative".formatted(tag));
    }
  }

  private void requireReceive(Elements into, int source, int tag) {
    requireElements(into, "into");
    into.requireWritable("into");
    if (source != ANY_SOURCE) {
      requireRank(source, "source");
    }
    if (tag < ANY_TAG) {
      throw new IllegalArgumentException("tag is %d: it must not be negative".formatted(tag));
    }
  }

  private static void requireElements(Elements elements, String name) {
    if (Objects.requireNonNull(elements, name).isMark()) {
      throw new IllegalArgumentException(name + ": elements of its own are needed here");
    }
  }

  private void requireRank(int rank, String name) {
    if (rank < 0 || rank >= group.size()) {
      throw new IllegalArgumentException(
          "%s is %d: ranks are 0 to %d".formatted(name, rank, group.size() - 1));
    }
  }

  private Message idle() {
    scope.engine.lock();
    try {
      @Nullable Message message = idle.poll();
      return message == null ? new Message(scope.engine.peers, group) : message;
    } finally {
      scope.engine.unlock();
    }
  }

  private void recycle(Message message) {
    scope.engine.lock();
    try {
      if (message.isEnded() && !scope.isClosed()) {
        idle.push(message);
      } else {
        scope.forget(message);
      }
    } finally {
      scope.engine.unlock();
    }
  }

  /** Gives memory back that is kept for messages; with the lock. */
  final void freeMessages() {
    idle.forEach(Message::free);
    idle.clear();
  }
}
