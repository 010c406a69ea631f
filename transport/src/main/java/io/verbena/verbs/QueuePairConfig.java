package io.verbena.verbs;

import org.jspecify.annotations.Nullable;

/**
 * What a queue pair is made of; stands for {@code struct ibv_qp_init_attr}, see {@code man
 * ibv_create_qp}. Immutable.
 *
 * @param type the service
 * @param sendQueue where sends, writes, reads and atomics complete
 * @param receiveQueue where receives complete; may be the same
 * @param sendDepth the requests of the send queue that may be outstanding, at least 0
 * @param receiveDepth the receives that may be outstanding, at least 0
 * @param sendElements scatter-gather elements of one request, at least 1
 * @param receiveElements scatter-gather elements of one receive, at least 1
 * @param inlineBytes the longest message that travels inside its request, in bytes, at least 0; the
 *     device may grant more, see {@link QueuePair#inlineBytes}
 * @param sharedReceiveQueue where receives are posted instead of to the queue pair, or null; {@code
 *     receiveDepth} is 0 then
 */
public record QueuePairConfig(
    QueuePairType type,
    CompletionQueue sendQueue,
    CompletionQueue receiveQueue,
    int sendDepth,
    int receiveDepth,
    int sendElements,
    int receiveElements,
    int inlineBytes,
    @Nullable SharedReceiveQueue sharedReceiveQueue) {
  /** Enough to keep a link busy with 4 KiB messages, small enough for hundreds of connections. */
  private static final int DEFAULT_DEPTH = 128;

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a number is negative, both depths are 0, there are receives
   *     of its own beside a shared receive queue, or the type is one of XRC that has no such queue
   */
  public QueuePairConfig {
    if (sharedReceiveQueue != null && receiveDepth != 0) {
      throw new IllegalArgumentException(
          "with a shared receive queue, receiveDepth is 0 and not " + receiveDepth);
    }
    if (type == QueuePairType.XRC_RECEIVE) {
      throw new IllegalArgumentException(
          "an XRC_RECEIVE queue pair has no queues to configure: XrcDomain.createQueuePair()");
    }
    if (type == QueuePairType.XRC_SEND && (receiveDepth != 0 || sharedReceiveQueue != null)) {
      throw new IllegalArgumentException(
          "an XRC_SEND queue pair receives nothing: receiveDepth is 0, and there is no shared"
              + " receive queue");
    }
    if (sendDepth < 0
        || receiveDepth < 0
        || (sendDepth + receiveDepth <= 0 && sharedReceiveQueue == null)) {
      throw new IllegalArgumentException(
          "a queue pair needs depths of at least 0 and not both 0, not "
              + sendDepth
              + " and "
              + receiveDepth);
    }
    if (sendElements < 1 || receiveElements < 1) {
      throw new IllegalArgumentException(
          "a request has at least one element, not " + sendElements + " and " + receiveElements);
    }
    if (inlineBytes < 0) {
      throw new IllegalArgumentException("inlineBytes must be at least 0, not " + inlineBytes);
    }
  }

  /**
   * A configuration with receives of its own.
   *
   * @param type the service
   * @param sendQueue where sends, writes, reads and atomics complete
   * @param receiveQueue where receives complete; may be the same
   * @param sendDepth the requests of the send queue that may be outstanding, at least 0
   * @param receiveDepth the receives that may be outstanding, at least 0
   * @param sendElements scatter-gather elements of one request, at least 1
   * @param receiveElements scatter-gather elements of one receive, at least 1
   * @param inlineBytes the longest message that travels inside its request, in bytes, at least 0
   * @throws IllegalArgumentException if a number is negative, or both depths are 0
   */
  public QueuePairConfig(
      QueuePairType type,
      CompletionQueue sendQueue,
      CompletionQueue receiveQueue,
      int sendDepth,
      int receiveDepth,
      int sendElements,
      int receiveElements,
      int inlineBytes) {
    this(
        type,
        sendQueue,
        receiveQueue,
        sendDepth,
        receiveDepth,
        sendElements,
        receiveElements,
        inlineBytes,
        null);
  }

  /**
   * A reliable connection with depths of 128, one element a request, no inline data asked for, and
   * both queues completing in one place.
   *
   * @param queue where its requests complete
   * @return the configuration
   */
  public static QueuePairConfig reliable(CompletionQueue queue) {
    return new QueuePairConfig(
        QueuePairType.RELIABLE, queue, queue, DEFAULT_DEPTH, DEFAULT_DEPTH, 1, 1, 0);
  }

  /**
   * An unreliable connection, otherwise like {@link #reliable}.
   *
   * @param queue where its requests complete
   * @return the configuration
   */
  public static QueuePairConfig unreliable(CompletionQueue queue) {
    return new QueuePairConfig(
        QueuePairType.UNRELIABLE, queue, queue, DEFAULT_DEPTH, DEFAULT_DEPTH, 1, 1, 0);
  }

  /**
   * For datagrams, otherwise like {@link #reliable}.
   *
   * @param queue where its requests complete
   * @return the configuration
   */
  public static QueuePairConfig datagram(CompletionQueue queue) {
    return new QueuePairConfig(
        QueuePairType.DATAGRAM, queue, queue, DEFAULT_DEPTH, DEFAULT_DEPTH, 1, 1, 0);
  }

  /**
   * The sending end of an extended reliable connection, otherwise like {@link #reliable}, without
   * receives.
   *
   * @param queue where its requests complete
   * @return the configuration
   */
  public static QueuePairConfig xrcSend(CompletionQueue queue) {
    return new QueuePairConfig(QueuePairType.XRC_SEND, queue, queue, DEFAULT_DEPTH, 0, 1, 1, 0);
  }

  /**
   * A copy with another {@link #receiveQueue}.
   *
   * @param value where receives complete
   * @return the copy
   */
  public QueuePairConfig withReceiveQueue(CompletionQueue value) {
    return new QueuePairConfig(
        type,
        sendQueue,
        value,
        sendDepth,
        receiveDepth,
        sendElements,
        receiveElements,
        inlineBytes,
        sharedReceiveQueue);
  }

  /**
   * A copy with another {@link #sendDepth}.
   *
   * @param value outstanding requests, at least 0
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public QueuePairConfig withSendDepth(int value) {
    return new QueuePairConfig(
        type,
        sendQueue,
        receiveQueue,
        value,
        receiveDepth,
        sendElements,
        receiveElements,
        inlineBytes,
        sharedReceiveQueue);
  }

  /**
   * A copy with another {@link #receiveDepth}.
   *
   * @param value outstanding receives, at least 0
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public QueuePairConfig withReceiveDepth(int value) {
    return new QueuePairConfig(
        type,
        sendQueue,
        receiveQueue,
        sendDepth,
        value,
        sendElements,
        receiveElements,
        inlineBytes,
        sharedReceiveQueue);
  }

  /**
   * A copy with another {@link #sendElements}.
   *
   * @param value elements, at least 1
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public QueuePairConfig withSendElements(int value) {
    return new QueuePairConfig(
        type,
        sendQueue,
        receiveQueue,
        sendDepth,
        receiveDepth,
        value,
        receiveElements,
        inlineBytes,
        sharedReceiveQueue);
  }

  /**
   * A copy with another {@link #receiveElements}.
   *
   * @param value elements, at least 1
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public QueuePairConfig withReceiveElements(int value) {
    return new QueuePairConfig(
        type,
        sendQueue,
        receiveQueue,
        sendDepth,
        receiveDepth,
        sendElements,
        value,
        inlineBytes,
        sharedReceiveQueue);
  }

  /**
   * A copy with another {@link #inlineBytes}.
   *
   * @param value bytes, at least 0
   * @return the copy
   * @throws IllegalArgumentException if the value is out of range
   */
  public QueuePairConfig withInlineBytes(int value) {
    return new QueuePairConfig(
        type,
        sendQueue,
        receiveQueue,
        sendDepth,
        receiveDepth,
        sendElements,
        receiveElements,
        value,
        sharedReceiveQueue);
  }

  /**
   * A copy that takes its receives from a shared queue, and has none of its own.
   *
   * @param value a queue of the same protection domain
   * @return the copy
   */
  public QueuePairConfig withSharedReceiveQueue(SharedReceiveQueue value) {
    return new QueuePairConfig(
        type,
        sendQueue,
        receiveQueue,
        sendDepth,
        0,
        sendElements,
        receiveElements,
        inlineBytes,
        value);
  }
}
