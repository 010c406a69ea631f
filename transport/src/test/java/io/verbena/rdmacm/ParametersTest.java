package io.verbena.rdmacm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.verbs.Access;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class ParametersTest {
  @Test
  void shouldNeverRetryForEverUnasked() {
    ConnectionParameters defaults = ConnectionParameters.defaults();
    assertEquals(6, defaults.retryCount());
    assertEquals(7, defaults.rnrRetryCount());
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> defaults.withRetryCount(7));
    assertTrue(e.getMessage().contains("for ever"), e.getMessage());
  }

  @Test
  void shouldRefuseWhatIsOutOfRange() {
    ConnectionParameters parameters = ConnectionParameters.defaults();
    AddressOptions options = AddressOptions.defaults();
    for (Executable call :
        List.<Executable>of(
            () -> parameters.withRnrRetryCount(8),
            () -> parameters.withResponderResources(256),
            () -> parameters.withInitiatorDepth(-1),
            () -> parameters.withAccess(Set.of(Access.LOCAL_WRITE)),
            () -> options.withTypeOfService(256),
            () -> options.withAckTimeout(32))) {
      assertThrows(IllegalArgumentException.class, call);
    }
  }

  @Test
  void shouldSayWhatFailureAnEventIs() {
    assertEquals(ConnectionFailure.NO_LISTENER, failure(CmEvent.REJECTED, 8));
    assertEquals(ConnectionFailure.NO_LISTENER, failure(CmEvent.REJECTED, -111));
    assertEquals(ConnectionFailure.REJECTED, failure(CmEvent.REJECTED, 28));
    assertEquals(ConnectionFailure.NO_DEVICE, failure(CmEvent.ADDR_ERROR, -19));
    assertEquals(ConnectionFailure.NO_ADDRESS, failure(CmEvent.ADDR_ERROR, -110));
    assertEquals(ConnectionFailure.UNREACHABLE, failure(CmEvent.UNREACHABLE, -110));
    assertEquals(ConnectionFailure.NO_LISTENER, failure(CmEvent.UNREACHABLE, 1));
    assertEquals(ConnectionFailure.REJECTED, failure(CmEvent.UNREACHABLE, 2));
  }

  @Test
  void shouldSayWhatFailureACallOrDeadlineIs() {
    for (String call : List.of("rdma_accept", "rdma_init_qp_attr")) {
      assertEquals(
          ConnectionFailure.DISCONNECTED, ConnectionException.ofCall(call, "", 22).failure());
    }
    assertEquals(
        ConnectionFailure.REFUSED, ConnectionException.ofCall("rdma_bind_addr", "", 22).failure());
    assertEquals(ConnectionFailure.NO_ADDRESS, expired("rdma_resolve_addr"));
    assertEquals(ConnectionFailure.NO_ROUTE, expired("rdma_resolve_route"));
    assertEquals(ConnectionFailure.TIMED_OUT, expired("rdma_connect"));
  }

  private static ConnectionFailure expired(String call) {
    return ConnectionException.timedOut(call, "").failure();
  }

  @Test
  void shouldAskForWhatTheDeviceAndThePeerCan() {
    ConnectionParameters parameters = ConnectionParameters.defaults();
    ConnectionParameters active = parameters.within(16, 8, null);
    assertEquals(16, active.responderResources());
    assertEquals(8, active.initiatorDepth());
    PeerParameters peer = new PeerParameters(3, 2, false, 7, 7, false, 1);
    ConnectionParameters passive = parameters.withInitiatorDepth(8).within(16, 8, peer);
    assertEquals(3, passive.responderResources());
    assertEquals(2, passive.initiatorDepth());
    assertEquals(1, parameters.withResponderResources(1).within(16, 8, peer).responderResources());
    for (Executable call :
        List.<Executable>of(
            () -> parameters.withResponderResources(17).within(16, 8, peer),
            () -> parameters.withInitiatorDepth(9).within(16, 8, peer))) {
      assertTrue(
          assertThrows(IllegalArgumentException.class, call).getMessage().contains("the device"));
    }
  }

  private static ConnectionFailure failure(int type, int status) {
    CmEvent event =
        new CmEvent(
            type,
            status,
            java.lang.foreign.MemorySegment.NULL,
            0,
            0,
            PrivateData.none(),
            null,
            null);
    return ConnectionException.ofEvent(event, "a test").failure();
  }
}
