package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.verbena.memory.BufferPoolConfig;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class TransportConfigTest {
  private static final TransportConfig DEFAULTS = TransportConfig.defaults();
  private static final BufferPoolConfig SMALL_POOL =
      BufferPoolConfig.defaults().withCeiling((3 << 20) + 1);

  @Test
  void shouldKeepEverythingThatIsNotChanged() {
    TransportConfig config =
        DEFAULTS
            .withRdma(RdmaMode.REQUIRED)
            .withProgress(Progress.CALLER)
            .withDevice("mlx5_0")
            .withPort(2)
            .withGidIndex(0)
            .withPkey(0x8001)
            .withNetworkInterface("ib0")
            .withConnectTimeout(Duration.ofSeconds(1))
            .withProbeTimeout(Duration.ofSeconds(2))
            .withOperationTimeout(Duration.ofSeconds(3))
            .withCloseTimeout(Duration.ofSeconds(4))
            .withKeepalive(Duration.ZERO)
            .withMaxMessageBytes(6)
            .withReceiveBufferBytes(7)
            .withReceiveWindow(8)
            .withBufferPool(SMALL_POOL);
    // A change of its own, so that each of the others is copied once more.
    config = config.withRdma(RdmaMode.REQUIRED);
    assertEquals(RdmaMode.REQUIRED, config.rdma());
    assertEquals(Progress.CALLER, config.progress());
    assertEquals(Optional.of("mlx5_0"), config.device());
    assertEquals(OptionalInt.of(2), config.port());
    assertEquals(OptionalInt.of(0), config.gidIndex());
    assertEquals(OptionalInt.of(0x8001), config.pkey());
    assertEquals(Optional.of("ib0"), config.networkInterface());
    assertEquals(Duration.ofSeconds(1), config.connectTimeout());
    assertEquals(Duration.ofSeconds(2), config.probeTimeout());
    assertEquals(Duration.ofSeconds(3), config.operationTimeout());
    assertEquals(Duration.ofSeconds(4), config.closeTimeout());
    assertEquals(Duration.ZERO, config.keepalive());
    assertEquals(6, config.maxMessageBytes());
    assertEquals(7, config.receiveBufferBytes());
    assertEquals(8, config.receiveWindow());
    assertEquals(SMALL_POOL, config.bufferPool());
  }

  @Test
  void shouldHaveTheDocumentedDefaults() {
    assertEquals(RdmaMode.PREFERRED, DEFAULTS.rdma());
    assertEquals(Progress.THREAD, DEFAULTS.progress());
    assertEquals(Duration.ofSeconds(30), DEFAULTS.keepalive());
    assertEquals(32, DEFAULTS.receiveWindow());
    assertEquals(1 << 30, DEFAULTS.maxMessageBytes());
  }

  @Test
  void shouldPromiseNoLongerMessagesThanItsBuffersCanHold() {
    assertEquals(1 << 20, DEFAULTS.withMaxMessageBytes(1 << 20).acceptedMessageBytes());
    assertEquals(3 << 20, DEFAULTS.withBufferPool(SMALL_POOL).acceptedMessageBytes());
  }

  @Test
  void shouldRejectWhatCannotWork() {
    refuse(() -> DEFAULTS.withPort(0));
    refuse(() -> DEFAULTS.withPort(256));
    refuse(() -> DEFAULTS.withGidIndex(-1));
    refuse(() -> DEFAULTS.withPkey(0x10000));
    refuse(() -> DEFAULTS.withConnectTimeout(Duration.ZERO));
    refuse(() -> DEFAULTS.withProbeTimeout(Duration.ofDays(2)));
    refuse(() -> DEFAULTS.withKeepalive(Duration.ofSeconds(-1)));
    refuse(() -> DEFAULTS.withKeepalive(Duration.ofMillis(199)));
    assertEquals(
        Duration.ofMillis(200), DEFAULTS.withKeepalive(Duration.ofMillis(200)).keepalive());
    refuse(() -> DEFAULTS.withMaxMessageBytes(0));
    refuse(() -> DEFAULTS.withMaxMessageBytes((1 << 30) + 1));
    refuse(() -> DEFAULTS.withReceiveBufferBytes(0));
    refuse(() -> DEFAULTS.withReceiveWindow(3));
    refuse(() -> DEFAULTS.withReceiveWindow(1025));
    assertEquals(1024, DEFAULTS.withReceiveWindow(1024).receiveWindow());
  }

  private static void refuse(Executable change) {
    assertThrows(IllegalArgumentException.class, change);
  }
}
