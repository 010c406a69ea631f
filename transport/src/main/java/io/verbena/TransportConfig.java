package io.verbena;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * How a {@link Transport} behaves. Immutable; start from {@link #defaults}.
 *
 * @param rdma whether to use RDMA
 * @param progress who moves the data
 * @param device the RDMA device to use, or empty for the best that is there
 * @param connectTimeout deadline of a connect or accept, handshake included
 * @param probeTimeout deadline for the proof that a queue pair carries messages both ways
 * @param operationTimeout deadline of every send, receive without a deadline of its own, and
 *     one-sided operation
 * @param closeTimeout how long closing waits for what was sent to get to the peer
 * @param maxMessageBytes longest message that this side accepts, at most 1 GiB
 * @param receiveBufferBytes how many bytes of received messages an endpoint holds before its peer
 *     must wait; a single longer message is still accepted
 */
public record TransportConfig(
    RdmaMode rdma,
    Progress progress,
    Optional<String> device,
    Duration connectTimeout,
    Duration probeTimeout,
    Duration operationTimeout,
    Duration closeTimeout,
    int maxMessageBytes,
    int receiveBufferBytes) {

  /** Messages are single buffers, and a buffer's size is an int. */
  private static final int LARGEST_MESSAGE = 1 << 30;

  /** Rejects values that cannot work. */
  public TransportConfig {
    Objects.requireNonNull(rdma, "rdma");
    Objects.requireNonNull(progress, "progress");
    Objects.requireNonNull(device, "device");
    requirePositive(connectTimeout, "connectTimeout");
    requirePositive(probeTimeout, "probeTimeout");
    requirePositive(operationTimeout, "operationTimeout");
    requirePositive(closeTimeout, "closeTimeout");
    if (maxMessageBytes < 1 || maxMessageBytes > LARGEST_MESSAGE) {
      throw new IllegalArgumentException(
          "maxMessageBytes must be from 1 to %d: %d".formatted(LARGEST_MESSAGE, maxMessageBytes));
    }
    if (receiveBufferBytes < 1) {
      throw new IllegalArgumentException(
          "receiveBufferBytes must be positive: " + receiveBufferBytes);
    }
  }

  private static void requirePositive(Duration duration, String name) {
    Objects.requireNonNull(duration, name);
    if (duration.isNegative() || duration.isZero() || duration.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException(name + " must be positive and at most a day: " + duration);
    }
  }

  /**
   * RDMA preferred, progress by the transport's threads, 10 s to connect, 30 s for an operation,
   * messages to 1 GiB.
   *
   * @return the defaults
   */
  public static TransportConfig defaults() {
    return new TransportConfig(
        RdmaMode.PREFERRED,
        Progress.THREAD,
        Optional.empty(),
        Duration.ofSeconds(10),
        Duration.ofSeconds(5),
        Duration.ofSeconds(30),
        Duration.ofSeconds(5),
        LARGEST_MESSAGE,
        16 << 20);
  }

  /**
   * A copy with another {@link #rdma}.
   *
   * @param rdma whether to use RDMA
   * @return the copy
   */
  public TransportConfig withRdma(RdmaMode rdma) {
    return new TransportConfig(
        rdma,
        progress,
        device,
        connectTimeout,
        probeTimeout,
        operationTimeout,
        closeTimeout,
        maxMessageBytes,
        receiveBufferBytes);
  }

  /**
   * A copy with another {@link #progress}.
   *
   * @param progress who moves the data
   * @return the copy
   */
  public TransportConfig withProgress(Progress progress) {
    return new TransportConfig(
        rdma,
        progress,
        device,
        connectTimeout,
        probeTimeout,
        operationTimeout,
        closeTimeout,
        maxMessageBytes,
        receiveBufferBytes);
  }

  /**
   * A copy with another {@link #device}.
   *
   * @param device the RDMA device to use
   * @return the copy
   */
  public TransportConfig withDevice(String device) {
    return new TransportConfig(
        rdma,
        progress,
        Optional.of(device),
        connectTimeout,
        probeTimeout,
        operationTimeout,
        closeTimeout,
        maxMessageBytes,
        receiveBufferBytes);
  }

  /**
   * A copy with another {@link #connectTimeout}.
   *
   * @param connectTimeout deadline of a connect or accept
   * @return the copy
   */
  public TransportConfig withConnectTimeout(Duration connectTimeout) {
    return new TransportConfig(
        rdma,
        progress,
        device,
        connectTimeout,
        probeTimeout,
        operationTimeout,
        closeTimeout,
        maxMessageBytes,
        receiveBufferBytes);
  }

  /**
   * A copy with another {@link #probeTimeout}.
   *
   * @param probeTimeout deadline for the proof of a queue pair
   * @return the copy
   */
  public TransportConfig withProbeTimeout(Duration probeTimeout) {
    return new TransportConfig(
        rdma,
        progress,
        device,
        connectTimeout,
        probeTimeout,
        operationTimeout,
        closeTimeout,
        maxMessageBytes,
        receiveBufferBytes);
  }

  /**
   * A copy with another {@link #operationTimeout}.
   *
   * @param operationTimeout deadline of an operation
   * @return the copy
   */
  public TransportConfig withOperationTimeout(Duration operationTimeout) {
    return new TransportConfig(
        rdma,
        progress,
        device,
        connectTimeout,
        probeTimeout,
        operationTimeout,
        closeTimeout,
        maxMessageBytes,
        receiveBufferBytes);
  }

  /**
   * A copy with another {@link #closeTimeout}.
   *
   * @param closeTimeout how long closing waits
   * @return the copy
   */
  public TransportConfig withCloseTimeout(Duration closeTimeout) {
    return new TransportConfig(
        rdma,
        progress,
        device,
        connectTimeout,
        probeTimeout,
        operationTimeout,
        closeTimeout,
        maxMessageBytes,
        receiveBufferBytes);
  }

  /**
   * A copy with another {@link #maxMessageBytes}.
   *
   * @param maxMessageBytes longest accepted message
   * @return the copy
   */
  public TransportConfig withMaxMessageBytes(int maxMessageBytes) {
    return new TransportConfig(
        rdma,
        progress,
        device,
        connectTimeout,
        probeTimeout,
        operationTimeout,
        closeTimeout,
        maxMessageBytes,
        receiveBufferBytes);
  }

  /**
   * A copy with another {@link #receiveBufferBytes}.
   *
   * @param receiveBufferBytes bytes held before the peer must wait
   * @return the copy
   */
  public TransportConfig withReceiveBufferBytes(int receiveBufferBytes) {
    return new TransportConfig(
        rdma,
        progress,
        device,
        connectTimeout,
        probeTimeout,
        operationTimeout,
        closeTimeout,
        maxMessageBytes,
        receiveBufferBytes);
  }
}
