package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.cause.Cause;
import io.verbena.ffi.Errno;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Records, enumerations and messages. */
class ValuesTest {
  @ParameterizedTest
  @EnumSource(WorkStatus.class)
  void shouldExplainEveryStatus(WorkStatus status) {
    assertFalse(status.meaning().isBlank());
    assertFalse(status.meaning().endsWith("."));
  }

  @Test
  void shouldTellTheEndOfADeviceFromARefusal() {
    for (String end : List.of("EIO", "ENXIO", "EBADF", "ENODEV", "ENOTTY")) {
      assertTrue(Cures.isEnd(number(end)), end);
    }
    for (String refusal : List.of("EPERM", "EINTR", "EAGAIN", "ENOMEM", "EINVAL", "EOPNOTSUPP")) {
      assertFalse(Cures.isEnd(number(refusal)), refusal);
    }
  }

  /** By the names that the system's headers have. */
  private static int number(String name) {
    return IntStream.range(1, 134)
        .filter(each -> Errno.of(each).name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void shouldKnowStatusesByCode() {
    assertEquals(WorkStatus.FLUSHED, WorkStatus.of(5));
    assertEquals(WorkStatus.REMOTE_ACCESS_ERROR, WorkStatus.of(10));
    assertEquals(WorkStatus.RETRY_EXCEEDED, WorkStatus.of(12));
    assertEquals(WorkStatus.UNKNOWN, WorkStatus.of(24));
    assertEquals(WorkStatus.UNKNOWN, WorkStatus.of(-1));
  }

  @Test
  void shouldNameVerbArgumentsErrorAndCure() {
    VerbsException e = VerbsException.of("ibv_open_device", "mlx5_0", Cures.EACCES);
    assertEquals("ibv_open_device", e.verb());
    assertEquals("mlx5_0", e.arguments());
    assertEquals(13, e.errno());
    assertEquals("EACCES", e.errnoName());
    assertTrue(e.status().isEmpty());
    assertTrue(
        e.getMessage()
            .startsWith("ibv_open_device(mlx5_0) failed with EACCES (Permission denied): "),
        e.getMessage());
    assertTrue(e.getMessage().contains("/dev/infiniband"), e.getMessage());
    assertTrue(e.getMessage().endsWith(e.cure()), e.getMessage());
  }

  @Test
  void shouldNameTheLimitOfLockedMemory() {
    VerbsException e = VerbsException.of("ibv_reg_mr", "length=4096", Cures.ENOMEM);
    assertTrue(e.getMessage().contains("RLIMIT_MEMLOCK"), e.getMessage());
  }

  @Test
  void shouldTellADeviceFileThatIsNotThereFromOneThatLeadsNowhere() {
    for (int errno : new int[] {Cures.ENOENT, Cures.EACCES, Cures.EPERM}) {
      assertEquals(Cause.VERBS_FILES.cure(), Cures.of("ibv_open_device", errno));
    }
    for (int errno : new int[] {Cures.ENODEV, Cures.ENXIO}) {
      assertEquals(Cause.KERNEL_SUPPORT.cure(), Cures.of("ibv_open_device", errno));
    }
  }

  @Test
  void shouldSpeakOfXrcWhereXrcIsRefused() {
    for (int errno : new int[] {Cures.ENOSYS, Cures.EOPNOTSUPP}) {
      assertTrue(Cures.of("ibv_open_xrcd", errno).contains("XRC"));
      assertTrue(Cures.of("ibv_create_srq_ex", errno).contains("XRC"));
      assertTrue(Cures.ofReceivingXrc(errno).contains("XRC"));
      assertEquals("the device has no shared receive queues", Cures.of("ibv_create_srq", errno));
    }
    assertTrue(Cures.of("ibv_create_srq_ex", Cures.EINVAL).contains("depth"));
    String receiving = Cures.ofReceivingXrc(Cures.EINVAL);
    assertTrue(receiving.contains("XRC") && !receiving.contains("depth"), receiving);
  }

  @Test
  void shouldEndTheMessageWithoutACureWhenThereIsNone() {
    VerbsException e = VerbsException.of("ibv_ack", "", 5);
    assertEquals("ibv_ack() failed with EIO (Input/output error)", e.getMessage());
  }

  @Test
  void shouldRefuseAnAddressVectorThatDoesNotFitTheCStructure() {
    AddressVector good =
        new AddressVector(255, 255, 0xffff, Gid.ZERO, true, 15, 255, 255, 0xfffff, 127, 255);
    assertEquals(0xffff, good.lid());
    refused("port", () -> vector(256, 0, 0, 0, 0, 0, 0));
    refused("gidIndex", () -> vector(1, -1, 0, 0, 0, 0, 0));
    refused("lid", () -> vector(1, 0, 0x10000, 0, 0, 0, 0));
    refused("serviceLevel", () -> vector(1, 0, 0, 16, 0, 0, 0));
    refused("flowLabel", () -> vector(1, 0, 0, 0, 0x100000, 0, 0));
    refused("sourcePathBits", () -> vector(1, 0, 0, 0, 0, 128, 0));
    refused("staticRate", () -> vector(1, 0, 0, 0, 0, 0, 256));
    refused("trafficClass", () -> new AddressVector(1, 0, 0, Gid.ZERO, true, 0, 256, 1, 0, 0, 0));
    refused("hopLimit", () -> new AddressVector(1, 0, 0, Gid.ZERO, true, 0, 0, 256, 0, 0, 0));
  }

  private static AddressVector vector(
      int port, int gidIndex, int lid, int level, int label, int bits, int rate) {
    return new AddressVector(port, gidIndex, lid, Gid.ZERO, true, level, 0, 64, label, bits, rate);
  }

  private static void refused(String name, Executable making) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, making);
    assertTrue(e.getMessage().startsWith(name + " is 0 to "), e.getMessage());
  }

  @Test
  void shouldRefuseRightsThatNoMemoryWindowHas() {
    assertEquals(6, Access.windowFlags(List.of(Access.REMOTE_READ, Access.REMOTE_WRITE)));
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> Access.windowFlags(List.of(Access.LOCAL_WRITE)));
    assertTrue(e.getMessage().contains("REMOTE_READ"), e.getMessage());
  }

  @Test
  void shouldCombineAccess() {
    assertEquals(0, Access.regionFlags(List.of()));
    assertEquals(5, Access.regionFlags(List.of(Access.REMOTE_READ, Access.LOCAL_WRITE)));
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> Access.regionFlags(List.of(Access.REMOTE_WRITE)));
    assertTrue(e.getMessage().contains("LOCAL_WRITE"), e.getMessage());
  }

  @Test
  void shouldRefuseSevenRetries() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> ConnectOptions.defaults().withRetryCount(7));
    assertEquals(
        "retryCount must be between 0 and 6, not 7: some providers retry for ever with 7",
        e.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> ConnectOptions.defaults().withAccess(Set.of(Access.LOCAL_WRITE)));
    assertEquals(18, ConnectOptions.defaults().withTimeout(18).timeout());
  }

  @Test
  void shouldRefuseAddressesThatCannotBe() {
    assertThrows(IllegalArgumentException.class, () -> address(1 << 24, 0, 1, 1024));
    assertThrows(IllegalArgumentException.class, () -> address(1, -1, 1, 1024));
    assertThrows(IllegalArgumentException.class, () -> address(1, 0, 0, 1024));
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> address(1, 0, 1, 1500));
    assertEquals("a queue pair address cannot have mtuBytes 1500", e.getMessage());
    assertEquals(4096, address(1, 0, 1, 4096).mtuBytes());
  }

  @Test
  void shouldEncodeAddresses() throws IOException {
    QueuePairAddress address =
        new QueuePairAddress(
            0xfedcba,
            0x00ff01,
            0xfffe,
            new Gid(0xfe80L << 48, 0x1122334455667788L),
            255,
            200,
            4096,
            LinkLayer.INFINIBAND);
    ByteBuffer bytes = ByteBuffer.allocate(40).order(ByteOrder.LITTLE_ENDIAN);
    address.writeTo(bytes);
    assertEquals(QueuePairAddress.ENCODED_BYTES, bytes.position());
    assertEquals(address, QueuePairAddress.readFrom(bytes.flip()));
    assertEquals(0, bytes.remaining());
  }

  @Test
  void shouldRefuseWhatIsNoEncodedAddress() {
    byte[] zeros = new byte[QueuePairAddress.ENCODED_BYTES];
    IOException layer =
        assertThrows(
            IOException.class, () -> QueuePairAddress.readFrom(ByteBuffer.wrap(zeros.clone())));
    assertTrue(layer.getMessage().contains("link layer: 0"), layer.getMessage());
    zeros[0] = 1;
    IOException port =
        assertThrows(
            IOException.class, () -> QueuePairAddress.readFrom(ByteBuffer.wrap(zeros.clone())));
    assertTrue(port.getMessage().contains("port 0"), port.getMessage());
    IOException cut =
        assertThrows(
            IOException.class, () -> QueuePairAddress.readFrom(ByteBuffer.wrap(zeros, 0, 31)));
    assertTrue(cut.getMessage().contains("not 31"), cut.getMessage());
  }

  private static QueuePairAddress address(int number, int sequence, int port, int mtu) {
    return new QueuePairAddress(number, sequence, 0, Gid.ZERO, port, 0, mtu, LinkLayer.ETHERNET);
  }

  @Test
  void shouldPrintADevicesGuid() {
    assertEquals(
        "rxe0 (guid 5054:00ff:fe77:0001)",
        new Device("rxe0", 0x505400fffe770001L, NodeType.CHANNEL_ADAPTER, TransportType.INFINIBAND)
            .toString());
  }

  @Test
  void shouldTranslateMtus() {
    for (int bytes = 256; bytes <= 4096; bytes *= 2) {
      assertEquals(bytes, Mtu.bytes(Mtu.code(bytes)));
    }
    assertEquals(1, Mtu.code(256));
    assertEquals(0, Mtu.bytes(0));
    assertEquals(0, Mtu.bytes(9));
    assertThrows(IllegalArgumentException.class, () -> Mtu.code(0));
  }

  @Test
  void shouldKnowLinkSpeeds() {
    assertEquals(4, PortAttributes.lanes(2));
    assertEquals(25_000, PortAttributes.laneMegabitsPerSecond(32));
    assertEquals(0, PortAttributes.lanes(77));
    assertEquals(0, PortAttributes.laneMegabitsPerSecond(3));
  }

  @Test
  void shouldTurnDurationsIntoWhatSystemCallsTake() {
    assertEquals(0, Deadlines.nanos(Duration.ofSeconds(-1)));
    assertEquals(Long.MAX_VALUE / 2, Deadlines.nanos(Duration.ofSeconds(Long.MAX_VALUE)));
    assertEquals(0, Deadlines.pollMillis(0));
    assertEquals(0, Deadlines.pollMillis(-5));
    assertEquals(1, Deadlines.pollMillis(1));
    assertEquals(1, Deadlines.pollMillis(1_000_000));
    assertEquals(2, Deadlines.pollMillis(1_000_001));
    assertEquals(Integer.MAX_VALUE, Deadlines.pollMillis(Long.MAX_VALUE));
  }

  @Test
  void shouldKnowWhatHelpsAgainstEveryFailure() {
    for (WorkStatus status : WorkStatus.values()) {
      assertFalse(status.meaning().isEmpty(), status::toString);
      assertEquals(status == WorkStatus.SUCCESS, status.cure().isEmpty(), status::toString);
    }
  }
}
