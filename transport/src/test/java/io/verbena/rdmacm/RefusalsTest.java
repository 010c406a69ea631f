package io.verbena.rdmacm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.cause.Cause;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RefusalsTest {
  private static ConnectionException failureOf(int type, int status) {
    return ConnectionException.ofEvent(
        new CmEvent(type, status, MemorySegment.NULL, 0, 0, PrivateData.none(), null, null),
        "10.77.0.9:4711");
  }

  @Test
  void shouldAdviseAnAddressOfRdmaWhereTheRouteHasNone() {
    ConnectionException e = failureOf(CmEvent.ADDR_ERROR, -19);
    assertEquals(ConnectionFailure.NO_DEVICE, e.failure());
    assertEquals(Cause.NO_DEVICE_ON_ROUTE.toString(), e.cure());
    assertTrue(e.getMessage().contains("-19 (ENODEV"), e.getMessage());
    assertTrue(e.getMessage().endsWith(e.cure()), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "1, -110, NO_ADDRESS",
    "1, -19, NO_DEVICE",
    "3, -110, NO_ROUTE",
    "7, -110, UNREACHABLE",
    "7, 1, NO_LISTENER",
    "7, 2, REJECTED",
    "8, 8, NO_LISTENER",
    "8, -111, NO_LISTENER",
    "8, 28, REJECTED",
    "10, 0, DISCONNECTED",
    "11, 0, DEVICE_REMOVED",
    "6, -22, REFUSED"
  })
  void shouldTellEventsApart(int type, int status, ConnectionFailure expected) {
    assertEquals(expected, failureOf(type, status).failure());
  }

  @ParameterizedTest
  @ValueSource(ints = {Refusals.ENOENT, Refusals.EACCES, Refusals.EPERM})
  void shouldNameTheDeviceFileThatCannotBeOpened(int errno) {
    ConnectionException e = ConnectionException.ofCall("rdma_create_event_channel", "", errno);
    assertEquals(Cause.CONNECTION_FILE.cure(), e.cure());
    assertTrue(e.cure().contains("/dev/infiniband/rdma_cm"), e.cure());
  }

  @Test
  void shouldSayThatThereIsNoDevice() {
    ConnectionException e =
        ConnectionException.ofCall("rdma_create_event_channel", "", Refusals.ENODEV);
    assertEquals(ConnectionFailure.UNAVAILABLE, e.failure());
    assertEquals(Cause.NO_DEVICE.toString(), e.cure());
  }
}
