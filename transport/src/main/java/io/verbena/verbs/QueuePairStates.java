package io.verbena.verbs;

import io.verbena.ffi.NewerVerbs;
import io.verbena.ffi.verbs.Verbs;
import io.verbena.ffi.verbs.ibv_qp_attr;
import io.verbena.ffi.verbs.ibv_qp_init_attr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The side of {@link QueuePair} that asks for its state and changes it. */
abstract class QueuePairStates extends NativeObject {
  /**
   * Whether the queue pair has come to a state in which requests are carried out or flushed.
   * Before, some providers keep what they refuse, and carry it out later. Changed with the lock.
   */
  private volatile boolean sending;

  QueuePairStates(MemorySegment handle, NativeObject... owners) {
    super(handle, owners);
  }

  abstract Context context();

  abstract QueuePairType type();

  abstract int number();

  /** The longest datagram from now on. */
  abstract void knowMtu(int bytes);

  /** The queue pair was reset: nothing is outstanding any more. */
  abstract void startOver();

  /** Lets receives be posted again, and perhaps sends. */
  abstract void reopen(boolean sendsToo);

  /**
   * The state, asked of the device: it goes to ERR by itself. See {@code man ibv_query_qp}.
   *
   * @return the state
   * @throws VerbsException if the device does not answer
   * @throws IllegalStateException if the queue pair is closed
   */
  public QueuePairState state() throws VerbsException {
    lock.lock();
    try (Arena arena = Arena.ofConfined()) {
      return QueuePairState.of(ibv_qp_attr.qp_state(query(Abi.QP_STATE_MASK, arena)));
    } finally {
      lock.unlock();
    }
  }

  /**
   * All attributes, asked of the device. See {@code man ibv_query_qp}.
   *
   * @return a snapshot
   * @throws VerbsException if the device does not answer
   * @throws IllegalStateException if the queue pair is closed
   */
  public QueuePairSnapshot snapshot() throws VerbsException {
    lock.lock();
    try (Arena arena = Arena.ofConfined()) {
      int mask = Abi.QP_STATE_MASK | Abi.QP_CAPABILITIES_MASK;
      for (QueuePairAttribute attribute : QueuePairAttribute.values()) {
        mask |= attribute.mask();
      }
      return QueuePairSnapshot.of(query(mask, arena));
    } finally {
      lock.unlock();
    }
  }

  private MemorySegment query(int mask, Arena arena) throws VerbsException {
    requireOpen();
    MemorySegment attributes = ibv_qp_attr.allocate(arena);
    int result = Verbs.ibv_query_qp(handle, attributes, mask, ibv_qp_init_attr.allocate(arena));
    if (result != 0) {
      throw VerbsException.of("ibv_query_qp", description(), Math.abs(result));
    }
    return attributes;
  }

  /**
   * Whether the bytes of a message arrive in memory in the order of their addresses, so that a peer
   * may poll the last byte of what is written; see {@code man ibv_query_qp_data_in_order}.
   *
   * @param kind {@code SEND}, {@code WRITE} or {@code READ}
   * @return true if the device guarantees it
   * @throws IllegalArgumentException for another kind
   * @throws IllegalStateException if the queue pair is closed
   */
  public boolean arrivesInOrder(WorkKind kind) {
    int opcode =
        switch (kind) {
          case SEND -> Abi.WR_SEND;
          case WRITE -> Abi.WR_WRITE;
          case READ -> Abi.WR_READ;
          default -> throw new IllegalArgumentException(kind + " moves no message");
        };
    lock.lock();
    try {
      requireOpen();
      return NewerVerbs.queryQpDataInOrder(handle, opcode, 0) != 0;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Changes the state, after checking the attributes against the specification's table.
   *
   * <p>A reset drops everything that is outstanding. While it lasts, posting from another thread is
   * refused; a batch that was begun before it is refused by {@code submit()} and dropped. What had
   * completed stays in the completion queue, and takes room there: poll after a reset, or the queue
   * pair may find itself with fewer free slots.
   *
   * @param transition where to go
   * @throws VerbsException if the device refuses
   * @throws IllegalArgumentException if an attribute is missing or does not belong there: names it
   * @throws IllegalStateException if there is no such transition from the present state, or the
   *     queue pair is closed
   */
  public void modify(QueuePairTransition transition) throws VerbsException {
    lock.lock();
    try {
      requireOpen();
      if (transition.target() == QueuePairState.RESET) {
        reset(transition);
      } else {
        change(transition);
      }
    } finally {
      lock.unlock();
    }
  }

  /** A post that is under way would hand its requests to a queue that forgets them. */
  private void reset(QueuePairTransition transition) throws VerbsException {
    UseGuard[] guards = guards();
    for (UseGuard guard : guards) {
      guard.shut();
    }
    try {
      awaitIdle(guards);
      change(transition);
      startOver();
      sending = false;
    } finally {
      reopen(sending);
    }
  }

  private void change(QueuePairTransition transition) throws VerbsException {
    try (Arena arena = Arena.ofConfined()) {
      QueuePairState from = state();
      TransitionTable.check(type(), from, transition);
      int result = Transitions.modify(handle, transition, arena);
      if (result != 0) {
        throw VerbsException.of(
            "ibv_modify_qp",
            from
                + " to "
                + transition.target()
                + (transition.attributes().present().isEmpty() ? "" : ", ")
                + transition.attributes(),
            Math.abs(result));
      }
      QueuePairAttributes given = transition.attributes();
      if (type() == QueuePairType.DATAGRAM && given.present().contains(QueuePairAttribute.PORT)) {
        knowMtu(context().port(given.value(QueuePairAttribute.PORT)).activeMtuBytes());
      }
      if (transition.target() == QueuePairState.RTS || transition.target() == QueuePairState.ERR) {
        sending = true;
        reopen(true);
      }
    }
  }

  final boolean isSending() {
    return sending;
  }
}
