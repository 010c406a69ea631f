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

  private static ConnectionFailure failure(int type, int status) {
    CmEvent event =
        new CmEvent(
            type, status, java.lang.foreign.MemorySegment.NULL, 0, PrivateData.none(), null, null);
    return ConnectionException.ofEvent(event, "a test").failure();
  }
}
