package io.verbena.verbs;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which attributes a {@link QueuePairTransition} sets, and to what; stands for {@code struct
 * ibv_qp_attr} with its mask, see {@code man ibv_modify_qp}. Immutable: every method makes a copy.
 */
public final class QueuePairAttributes {
  private static final QueuePairAttributes NONE =
      new QueuePairAttributes(new EnumMap<>(QueuePairAttribute.class), null, null);

  private final EnumMap<QueuePairAttribute, Integer> values;
  private final @Nullable AddressVector vector;
  private final @Nullable AlternatePath alternate;

  /** What goes with {@link QueuePairAttribute#ALTERNATE_PATH}. */
  record AlternatePath(AddressVector vector, int pkeyIndex, int timeout) {}

  private QueuePairAttributes(
      EnumMap<QueuePairAttribute, Integer> values,
      @Nullable AddressVector vector,
      @Nullable AlternatePath alternate) {
    this.values = values;
    this.vector = vector;
    this.alternate = alternate;
  }

  /**
   * No attribute at all, to start from.
   *
   * @return the one instance
   */
  public static QueuePairAttributes none() {
    return NONE;
  }

  /**
   * Sets {@link QueuePairAttribute#PORT}.
   *
   * @param port the local port, 1 to 255
   * @return a copy with it
   * @throws IllegalArgumentException if it is out of range
   */
  public QueuePairAttributes withPort(int port) {
    return with(QueuePairAttribute.PORT, checked("port", port, 1, 255));
  }

  /**
   * Sets {@link QueuePairAttribute#PKEY_INDEX}.
   *
   * @param pkeyIndex the place of the partition key in the port's table
   * @return a copy with it
   * @throws IllegalArgumentException if it is out of range
   */
  public QueuePairAttributes withPkeyIndex(int pkeyIndex) {
    return with(QueuePairAttribute.PKEY_INDEX, checked("pkeyIndex", pkeyIndex, 0, 0xffff));
  }

  /**
   * Sets {@link QueuePairAttribute#QUEUE_KEY}.
   *
   * @param queueKey the key that datagrams must carry, all 32 bits
   * @return a copy with it
   */
  public QueuePairAttributes withQueueKey(int queueKey) {
    return with(QueuePairAttribute.QUEUE_KEY, queueKey);
  }

  /**
   * Sets {@link QueuePairAttribute#PATH_MTU}.
   *
   * @param bytes 256, 512, 1024, 2048 or 4096 bytes
   * @return a copy with it
   * @throws IllegalArgumentException if it is out of range
   */
  public QueuePairAttributes withPathMtu(int bytes) {
    return with(QueuePairAttribute.PATH_MTU, Mtu.code(bytes));
  }

  /**
   * Sets {@link QueuePairAttribute#PEER_NUMBER}.
   *
   * @param number the peer's queue pair number, 24 bits
   * @return a copy with it
   * @throws IllegalArgumentException if it is out of range
   */
  public QueuePairAttributes withPeerNumber(int number) {
    return with(QueuePairAttribute.PEER_NUMBER, checked("number", number, 0, 0xffffff));
  }

  /**
   * Sets {@link QueuePairAttribute#RECEIVE_SEQUENCE}.
   *
   * @param receiveSequence the first packet sequence number that the peer sends, 24 bits
   * @return a copy with it
   * @throws IllegalArgumentException if it is out of range
   */
  public QueuePairAttributes withReceiveSequence(int receiveSequence) {
    return with(
        QueuePairAttribute.RECEIVE_SEQUENCE,
        checked("receiveSequence", receiveSequence, 0, 0xffffff));
  }

  /**
   * Sets {@link QueuePairAttribute#SEND_SEQUENCE}.
   *
   * @param sendSequence the first packet sequence number that this side sends, 24 bits
   * @return a copy with it
   * @throws IllegalArgumentException if it is out of range
   */
  public QueuePairAttributes withSendSequence(int sendSequence) {
    return with(
        QueuePairAttribute.SEND_SEQUENCE, checked("sendSequence", sendSequence, 0, 0xffffff));
  }

  /**
   * Sets {@link QueuePairAttribute#MAX_SERVED_READ_ATOMIC}.
   *
   * @param maxServedReadAtomic reads and atomics that this side serves at a time
   * @return a copy with it
   * @throws IllegalArgumentException if it is out of range
   */
  public QueuePairAttributes withMaxServedReadAtomic(int maxServedReadAtomic) {
    return with(
        QueuePairAttribute.MAX_SERVED_READ_ATOMIC,
        checked("maxServedReadAtomic", maxServedReadAtomic, 0, 255));
  }

  /**
   * Sets {@link QueuePairAttribute#MAX_READ_ATOMIC}.
   *
   * @param maxReadAtomic reads and atomics under way from this side
   * @return a copy with it
   * @throws IllegalArgumentException if it is out of range
   */
  public QueuePairAttributes withMaxReadAtomic(int maxReadAtomic) {
    return with(
        QueuePairAttribute.MAX_READ_ATOMIC, checked("maxReadAtomic", maxReadAtomic, 0, 255));
  }

  /**
   * Sets {@link QueuePairAttribute#MIN_RNR_TIMER}.
   *
   * @param minRnrTimer the code of the pause, 0 to 31
   * @return a copy with it
   * @throws IllegalArgumentException if it is out of range
   */
  public QueuePairAttributes withMinRnrTimer(int minRnrTimer) {
    return with(QueuePairAttribute.MIN_RNR_TIMER, checked("minRnrTimer", minRnrTimer, 0, 31));
  }

  /**
   * Sets {@link QueuePairAttribute#TIMEOUT}.
   *
   * @param timeout the exponent of the acknowledgement timeout, 0 to 31
   * @return a copy with it
   * @throws IllegalArgumentException if it is out of range
   */
  public QueuePairAttributes withTimeout(int timeout) {
    return with(QueuePairAttribute.TIMEOUT, checked("timeout", timeout, 0, 31));
  }

  /**
   * Sets {@link QueuePairAttribute#RETRY_COUNT}.
   *
   * @param retryCount the retries, 0 to 7; 7 means for ever on some providers
   * @return a copy with it
   * @throws IllegalArgumentException if it is out of range
   */
  public QueuePairAttributes withRetryCount(int retryCount) {
    return with(QueuePairAttribute.RETRY_COUNT, checked("retryCount", retryCount, 0, 7));
  }

  /**
   * Sets {@link QueuePairAttribute#RNR_RETRY}.
   *
   * @param rnrRetry the retries, 0 to 7; 7 means for ever
   * @return a copy with it
   * @throws IllegalArgumentException if it is out of range
   */
  public QueuePairAttributes withRnrRetry(int rnrRetry) {
    return with(QueuePairAttribute.RNR_RETRY, checked("rnrRetry", rnrRetry, 0, 7));
  }

  /**
   * Sets {@link QueuePairAttribute#ACCESS}.
   *
   * @param access the remote operations to serve
   * @return a copy with it
   */
  public QueuePairAttributes withAccess(Set<Access> access) {
    return with(QueuePairAttribute.ACCESS, Access.flags(access));
  }

  /**
   * Sets {@link QueuePairAttribute#ADDRESS_VECTOR}.
   *
   * @param newVector the way to the peer
   * @return a copy with it
   */
  public QueuePairAttributes withAddressVector(AddressVector newVector) {
    EnumMap<QueuePairAttribute, Integer> copy = new EnumMap<>(values);
    copy.put(QueuePairAttribute.ADDRESS_VECTOR, 0);
    return new QueuePairAttributes(copy, newVector, alternate);
  }

  /**
   * Sets {@link QueuePairAttribute#ALTERNATE_PATH}: where to go on when the path fails.
   *
   * @param way the other way to the same peer; its port is the alternate port
   * @param pkeyIndex the place of the partition key in that port's table
   * @param timeout the exponent of the acknowledgement timeout there, 0 to 31
   * @return a copy with it
   * @throws IllegalArgumentException if a number is out of range
   */
  public QueuePairAttributes withAlternatePath(AddressVector way, int pkeyIndex, int timeout) {
    EnumMap<QueuePairAttribute, Integer> copy = new EnumMap<>(values);
    copy.put(QueuePairAttribute.ALTERNATE_PATH, 0);
    AlternatePath path =
        new AlternatePath(
            way, checked("pkeyIndex", pkeyIndex, 0, 0xffff), checked("timeout", timeout, 0, 31));
    return new QueuePairAttributes(copy, vector, path);
  }

  /**
   * Sets {@link QueuePairAttribute#PATH_MIGRATION}.
   *
   * @param migration {@code REARM} arms the alternate path, {@code MIGRATED} changes over to it
   * @return a copy with it
   * @throws IllegalArgumentException if it is {@code UNKNOWN}
   */
  public QueuePairAttributes withPathMigration(PathMigration migration) {
    if (migration == PathMigration.UNKNOWN) {
      throw new IllegalArgumentException("UNKNOWN is not a state to ask for");
    }
    return with(QueuePairAttribute.PATH_MIGRATION, migration.code());
  }

  /**
   * Sets {@link QueuePairAttribute#CURRENT_STATE}: the device refuses the transition if the queue
   * pair is in another state by then.
   *
   * @param state where the caller believes it to be
   * @return a copy with it
   */
  public QueuePairAttributes withCurrentState(QueuePairState state) {
    return with(QueuePairAttribute.CURRENT_STATE, state.code());
  }

  /**
   * Sets {@link QueuePairAttribute#DRAINED_NOTIFICATION}.
   *
   * @param wanted whether an asynchronous event says when the send queue is drained
   * @return a copy with it
   */
  public QueuePairAttributes withDrainedNotification(boolean wanted) {
    return with(QueuePairAttribute.DRAINED_NOTIFICATION, wanted ? 1 : 0);
  }

  /**
   * Which attributes are set.
   *
   * @return a read-only view
   */
  public Set<QueuePairAttribute> present() {
    return Collections.unmodifiableSet(values.keySet());
  }

  /** A number as {@code struct ibv_qp_attr} has it; meaningless for the two paths. */
  int value(QueuePairAttribute attribute) {
    return values.getOrDefault(attribute, 0);
  }

  @Nullable AddressVector addressVector() {
    return vector;
  }

  @Nullable AlternatePath alternatePath() {
    return alternate;
  }

  /**
   * What is set, for messages.
   *
   * @return names and values
   */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    values.forEach(
        (attribute, value) -> {
          text.append(text.isEmpty() ? "" : ", ").append(attribute).append('=');
          if (attribute == QueuePairAttribute.ADDRESS_VECTOR) {
            text.append(vector);
          } else if (attribute == QueuePairAttribute.ALTERNATE_PATH) {
            text.append(alternate);
          } else {
            text.append(Integer.toUnsignedString(value));
          }
        });
    return text.toString();
  }

  private QueuePairAttributes with(QueuePairAttribute attribute, int value) {
    EnumMap<QueuePairAttribute, Integer> copy = new EnumMap<>(values);
    copy.put(attribute, value);
    return new QueuePairAttributes(copy, vector, alternate);
  }

  private static int checked(String name, int value, int from, int to) {
    if (value < from || value > to) {
      throw new IllegalArgumentException(
          name + " must be between " + from + " and " + to + ", not " + value);
    }
    return value;
  }
}
