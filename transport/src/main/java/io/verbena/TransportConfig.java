package io.verbena;

import io.verbena.memory.BufferPoolConfig;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** How a {@link Transport} behaves. Immutable; start from {@link #defaults}. */
public final class TransportConfig {
  /** Messages are single buffers, and a buffer's size is an int. */
  private static final int LARGEST_MESSAGE = 1 << 30;

  /** What threads take to answer on a busy machine has to be little beside it. */
  private static final Duration SHORTEST_KEEPALIVE = Duration.ofMillis(200);

  private static final TransportConfig DEFAULTS = new TransportConfig();

  private RdmaMode rdma = RdmaMode.PREFERRED;
  private Progress progress = Progress.THREAD;
  private Optional<String> device = Optional.empty();
  private OptionalInt port = OptionalInt.empty();
  private OptionalInt gidIndex = OptionalInt.empty();
  private OptionalInt pkey = OptionalInt.empty();
  private Optional<String> networkInterface = Optional.empty();
  private Duration connectTimeout = Duration.ofSeconds(10);
  private Duration probeTimeout = Duration.ofSeconds(5);
  private Duration operationTimeout = Duration.ofSeconds(30);
  private Duration closeTimeout = Duration.ofSeconds(5);
  private Duration keepalive = Duration.ofSeconds(30);
  private int maxMessageBytes = LARGEST_MESSAGE;
  private int receiveBufferBytes = 16 << 20;
  private int receiveWindow = 32;
  private BufferPoolConfig bufferPool = BufferPoolConfig.defaults();

  private TransportConfig() {}

  /** A copy with a change, which is made before anybody else sees it. */
  private TransportConfig with(Consumer<TransportConfig> change) {
    var copy = new TransportConfig();
    copy.rdma = rdma;
    copy.progress = progress;
    copy.device = device;
    copy.port = port;
    copy.gidIndex = gidIndex;
    copy.pkey = pkey;
    copy.networkInterface = networkInterface;
    copy.connectTimeout = connectTimeout;
    copy.probeTimeout = probeTimeout;
    copy.operationTimeout = operationTimeout;
    copy.closeTimeout = closeTimeout;
    copy.keepalive = keepalive;
    copy.maxMessageBytes = maxMessageBytes;
    copy.receiveBufferBytes = receiveBufferBytes;
    copy.receiveWindow = receiveWindow;
    copy.bufferPool = bufferPool;
    change.accept(copy);
    return copy;
  }

  private static int checked(String what, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s must be from %d to %d: %d".formatted(what, least, most, value));
    }
    return value;
  }

  private static Duration positive(String what, Duration duration) {
    Objects.requireNonNull(duration, what);
    if (duration.isNegative() || duration.isZero() || duration.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException(what + " must be positive and at most a day: " + duration);
    }
    return duration;
  }

  /**
   * RDMA preferred, over the best port that both peers can use; progress by the transport's
   * threads; 10 s to connect, 30 s for an operation; messages to 1 GiB.
   *
   * @return the defaults
   */
  public static TransportConfig defaults() {
    return DEFAULTS;
  }

  /**
   * Whether to use RDMA.
   *
   * @return the mode
   */
  public RdmaMode rdma() {
    return rdma;
  }

  /**
   * A copy with another {@link #rdma}.
   *
   * @param rdma the mode
   * @return the copy
   */
  public TransportConfig withRdma(RdmaMode rdma) {
    var value = Objects.requireNonNull(rdma, "rdma");
    return with(copy -> copy.rdma = value);
  }

  /**
   * Who moves the data.
   *
   * @return the mode
   */
  public Progress progress() {
    return progress;
  }

  /**
   * A copy with another {@link #progress}.
   *
   * @param progress the mode
   * @return the copy
   */
  public TransportConfig withProgress(Progress progress) {
    var value = Objects.requireNonNull(progress, "progress");
    return with(copy -> copy.progress = value);
  }

  /**
   * The RDMA device to use.
   *
   * @return its name as in {@code ibv_devices(1)}, or empty for the best that is there
   */
  public Optional<String> device() {
    return device;
  }

  /**
   * A copy with another {@link #device}.
   *
   * @param device the name
   * @return the copy
   */
  public TransportConfig withDevice(String device) {
    var value = Optional.of(device);
    return with(copy -> copy.device = value);
  }

  /**
   * The port of the RDMA device to use.
   *
   * @return its number, from 1 to 255, or empty for the best
   */
  public OptionalInt port() {
    return port;
  }

  /**
   * A copy with another {@link #port}.
   *
   * @param port the number
   * @return the copy
   */
  public TransportConfig withPort(int port) {
    var value = OptionalInt.of(checked("port", port, 1, 255));
    return with(copy -> copy.port = value);
  }

  /**
   * The GID to use.
   *
   * @return its place in the port's table, from 0 to 255, or empty for the best: of a RoCE version
   *     2 port, that of the TCP connection's address
   */
  public OptionalInt gidIndex() {
    return gidIndex;
  }

  /**
   * A copy with another {@link #gidIndex}.
   *
   * @param gidIndex the number
   * @return the copy
   */
  public TransportConfig withGidIndex(int gidIndex) {
    var value = OptionalInt.of(checked("gidIndex", gidIndex, 0, 255));
    return with(copy -> copy.gidIndex = value);
  }

  /**
   * The partition to be in, InfiniBand's VLAN.
   *
   * @return a key that the port has, 16 bits, of which the highest, that of full members, does not
   *     count; or empty for one that both peers have
   */
  public OptionalInt pkey() {
    return pkey;
  }

  /**
   * A copy with another {@link #pkey}.
   *
   * @param pkey the key
   * @return the copy
   */
  public TransportConfig withPkey(int pkey) {
    var value = OptionalInt.of(checked("pkey", pkey, 1, 0xffff));
    return with(copy -> copy.pkey = value);
  }

  /**
   * The network interface that connections leave by; among RDMA ports of one kind, InfiniBand
   * before Ethernet, its own is preferred.
   *
   * @return its name as in {@code ip link}, or empty for the system's choice
   */
  public Optional<String> networkInterface() {
    return networkInterface;
  }

  /**
   * A copy with another {@link #networkInterface}.
   *
   * @param networkInterface the name
   * @return the copy
   */
  public TransportConfig withNetworkInterface(String networkInterface) {
    var value = Optional.of(networkInterface);
    return with(copy -> copy.networkInterface = value);
  }

  /**
   * Deadline of a connect or accept, handshake included.
   *
   * @return positive
   */
  public Duration connectTimeout() {
    return connectTimeout;
  }

  /**
   * A copy with another {@link #connectTimeout}.
   *
   * @param connectTimeout positive
   * @return the copy
   */
  public TransportConfig withConnectTimeout(Duration connectTimeout) {
    var value = positive("connectTimeout", connectTimeout);
    return with(copy -> copy.connectTimeout = value);
  }

  /**
   * Deadline for the proof that a queue pair carries messages both ways. The shorter one of both
   * peers counts, and never more than half of what is left of the connect timeout, so that TCP has
   * its chance after it.
   *
   * @return positive
   */
  public Duration probeTimeout() {
    return probeTimeout;
  }

  /**
   * A copy with another {@link #probeTimeout}.
   *
   * @param probeTimeout positive
   * @return the copy
   */
  public TransportConfig withProbeTimeout(Duration probeTimeout) {
    var value = positive("probeTimeout", probeTimeout);
    return with(copy -> copy.probeTimeout = value);
  }

  /**
   * Deadline of every send, receive without a deadline of its own, and one-sided operation.
   *
   * @return positive
   */
  public Duration operationTimeout() {
    return operationTimeout;
  }

  /**
   * A copy with another {@link #operationTimeout}.
   *
   * @param operationTimeout positive
   * @return the copy
   */
  public TransportConfig withOperationTimeout(Duration operationTimeout) {
    var value = positive("operationTimeout", operationTimeout);
    return with(copy -> copy.operationTimeout = value);
  }

  /**
   * How long closing waits for what was sent to get to the peer, and over TCP for the peer's word
   * that it has it, which a program with {@link Progress#CALLER} gives when it polls. If that does
   * not come, what was sent may be lost: a warning is logged, and the JFR event has it.
   *
   * @return positive
   */
  public Duration closeTimeout() {
    return closeTimeout;
  }

  /**
   * A copy with another {@link #closeTimeout}.
   *
   * @param closeTimeout positive
   * @return the copy
   */
  public TransportConfig withCloseTimeout(Duration closeTimeout) {
    var value = positive("closeTimeout", closeTimeout);
    return with(copy -> copy.closeTimeout = value);
  }

  /**
   * How long a peer may be silent before it is lost; it is asked for a sign of life in time. If the
   * peer's own value is larger, that counts, unless this is zero. Not for peers with {@link
   * Progress#CALLER}, which are silent while their program does not poll.
   *
   * @return at least 200 ms; zero if silence means nothing
   */
  public Duration keepalive() {
    return keepalive;
  }

  /**
   * A copy with another {@link #keepalive}.
   *
   * @param keepalive at least 200 ms and at most a day; zero if silence means nothing
   * @return the copy
   */
  public TransportConfig withKeepalive(Duration keepalive) {
    var value = keepalive.isZero() ? keepalive : positive("keepalive", keepalive);
    if (!value.isZero() && value.compareTo(SHORTEST_KEEPALIVE) < 0) {
      throw new IllegalArgumentException(
          "keepalive must be zero or at least %d ms: %s"
              .formatted(SHORTEST_KEEPALIVE.toMillis(), keepalive));
    }
    return with(copy -> copy.keepalive = value);
  }

  /**
   * Longest message that this side accepts. What it says to its peers is less where the {@link
   * #bufferPool} cannot hold such a message.
   *
   * @return bytes, at most 1 GiB
   */
  public int maxMessageBytes() {
    return maxMessageBytes;
  }

  /**
   * A copy with another {@link #maxMessageBytes}.
   *
   * @param maxMessageBytes bytes, at most 1 GiB
   * @return the copy
   */
  public TransportConfig withMaxMessageBytes(int maxMessageBytes) {
    var value = checked("maxMessageBytes", maxMessageBytes, 1, LARGEST_MESSAGE);
    return with(copy -> copy.maxMessageBytes = value);
  }

  /** What peers are told. */
  int acceptedMessageBytes() {
    return Math.min(maxMessageBytes, bufferPool.longestBufferBytes());
  }

  /**
   * How many bytes of received messages an endpoint holds before its peer must wait; a single
   * longer message is still accepted.
   *
   * @return bytes
   */
  public int receiveBufferBytes() {
    return receiveBufferBytes;
  }

  /**
   * A copy with another {@link #receiveBufferBytes}.
   *
   * @param receiveBufferBytes bytes
   * @return the copy
   */
  public TransportConfig withReceiveBufferBytes(int receiveBufferBytes) {
    var value = checked("receiveBufferBytes", receiveBufferBytes, 1, Integer.MAX_VALUE);
    return with(copy -> copy.receiveBufferBytes = value);
  }

  /**
   * How many frames a peer may send before it hears that some were received. On RDMA each takes a
   * receive buffer of the transport's pool for every endpoint.
   *
   * @return frames, from 4 to 1024
   */
  public int receiveWindow() {
    return receiveWindow;
  }

  /**
   * A copy with another {@link #receiveWindow}.
   *
   * @param receiveWindow frames, from 4 to 1024
   * @return the copy
   */
  public TransportConfig withReceiveWindow(int receiveWindow) {
    var value = checked("receiveWindow", receiveWindow, 4, 1024);
    return with(copy -> copy.receiveWindow = value);
  }

  /**
   * How much memory messages take, sent and received: that of {@link Transport#allocator}. A
   * transport with several RDMA adapters has such a pool for each that is used.
   *
   * @return the configuration; its ceiling is by default as high as the Java heap may become
   */
  public BufferPoolConfig bufferPool() {
    return bufferPool;
  }

  /**
   * A copy with another {@link #bufferPool}. A message needs a buffer of its length: a ceiling
   * below {@link #maxMessageBytes} lowers what peers may send.
   *
   * @param bufferPool the configuration
   * @return the copy
   */
  public TransportConfig withBufferPool(BufferPoolConfig bufferPool) {
    var value = Objects.requireNonNull(bufferPool, "bufferPool");
    return with(copy -> copy.bufferPool = value);
  }
}
