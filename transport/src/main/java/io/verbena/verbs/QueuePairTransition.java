package io.verbena.verbs;

/**
 * A change of a queue pair's state; stands for the attributes and the mask of {@code
 * ibv_modify_qp}. It is checked against the table of the InfiniBand specification (volume 1, 11.2.5
 * and {@code man ibv_modify_qp}) before the device sees it, so that the wrong or missing attribute
 * is named. {@link QueuePair#connect} makes all of a connection's transitions. Immutable.
 */
public sealed interface QueuePairTransition {
  /**
   * The state afterwards.
   *
   * @return the target
   */
  QueuePairState target();

  /**
   * What the transition sets.
   *
   * @return the attributes, may be none
   */
  QueuePairAttributes attributes();

  /**
   * To {@link QueuePairState#INIT}: gives the queue pair a port.
   *
   * @param attributes RC, UC and XRC need PKEY_INDEX, PORT and ACCESS; UD needs PKEY_INDEX, PORT
   *     and QUEUE_KEY
   */
  record ToInit(QueuePairAttributes attributes) implements QueuePairTransition {
    @Override
    public QueuePairState target() {
      return QueuePairState.INIT;
    }
  }

  /**
   * To {@link QueuePairState#RTR}: names the peer.
   *
   * @param attributes RC and XRC_RECEIVE need ADDRESS_VECTOR, PATH_MTU, PEER_NUMBER,
   *     RECEIVE_SEQUENCE, MAX_SERVED_READ_ATOMIC and MIN_RNR_TIMER; UC and XRC_SEND the first four;
   *     UD none
   */
  record ToReceive(QueuePairAttributes attributes) implements QueuePairTransition {
    @Override
    public QueuePairState target() {
      return QueuePairState.RTR;
    }
  }

  /**
   * To {@link QueuePairState#RTS}: allows sending.
   *
   * @param attributes from RTR, RC and XRC_SEND need SEND_SEQUENCE, TIMEOUT, RETRY_COUNT, RNR_RETRY
   *     and MAX_READ_ATOMIC; XRC_RECEIVE the first two; UC and UD need SEND_SEQUENCE
   */
  record ToSend(QueuePairAttributes attributes) implements QueuePairTransition {
    @Override
    public QueuePairState target() {
      return QueuePairState.RTS;
    }
  }

  /**
   * From {@link QueuePairState#RTS} to {@link QueuePairState#SQD}: what is being sent is finished,
   * what comes after waits; then attributes can be changed, and {@link ToSend} goes on. Drained is
   * when {@link QueuePairSnapshot#draining} is false.
   *
   * @param attributes from RTS, DRAINED_NOTIFICATION may be there; from SQD, whatever is to change
   */
  record ToDrained(QueuePairAttributes attributes) implements QueuePairTransition {
    @Override
    public QueuePairState target() {
      return QueuePairState.SQD;
    }
  }

  /**
   * To {@link QueuePairState#ERR}, from any state but {@link QueuePairState#RESET}: everything
   * queued is flushed.
   */
  record ToError() implements QueuePairTransition {
    @Override
    public QueuePairState target() {
      return QueuePairState.ERR;
    }

    @Override
    public QueuePairAttributes attributes() {
      return QueuePairAttributes.none();
    }
  }

  /** To {@link QueuePairState#RESET}, from any state: everything queued is forgotten. */
  record ToReset() implements QueuePairTransition {
    @Override
    public QueuePairState target() {
      return QueuePairState.RESET;
    }

    @Override
    public QueuePairAttributes attributes() {
      return QueuePairAttributes.none();
    }
  }
}
