package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.ffi.verbs.ibv_recv_wr;
import io.verbena.ffi.verbs.ibv_send_wr;
import io.verbena.ffi.verbs.ibv_sge;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** What the batches take for granted about the C structures; needs no library. */
class RequestLayoutTest {
  @Test
  void shouldFindTheSameFieldsAtTheStartOfBothRequests() {
    assertEquals(ibv_send_wr.wr_id$offset(), ibv_recv_wr.wr_id$offset());
    assertEquals(ibv_send_wr.next$offset(), ibv_recv_wr.next$offset());
    assertEquals(ibv_send_wr.sg_list$offset(), ibv_recv_wr.sg_list$offset());
    assertEquals(ibv_send_wr.num_sge$offset(), ibv_recv_wr.num_sge$offset());
  }

  @Test
  void shouldFindTheNumberOfTheSharedQueueBesideWhatEachOperationWrites() {
    long number = SendChain.SHARED_NUMBER;
    assertEquals(ibv_send_wr.wr$offset() + ibv_send_wr.wr$layout().byteSize(), number);
    assertTrue(number + 4 <= ibv_send_wr.bind_mw$offset());
  }

  @Test
  void shouldFindTheFieldsSideBySideThatAreWrittenTogether() {
    assertEquals(ByteOrder.LITTLE_ENDIAN, ByteOrder.nativeOrder());
    assertEquals(ibv_send_wr.opcode$offset() + 4, ibv_send_wr.send_flags$offset());
    assertEquals(ibv_sge.length$offset() + 4, ibv_sge.lkey$offset());
  }
}
