package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaTest;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** What pyverbs' test_relaxed_ordering.py has; XRC is not on this device. */
@RdmaTest
class PyverbsRelaxedOrderingTest {
  private static MemoryRegion relaxed(ProtectionDomain domain) throws VerbsException {
    return domain.allocate(8192, Access.LOCAL_WRITE, Access.RELAXED_ORDERING);
  }

  @Test
  void relaxedOrderingRcTraffic() throws IOException {
    try (LoopbackPair pair = new LoopbackPair();
        MemoryRegion from = relaxed(pair.domain);
        MemoryRegion to = relaxed(pair.domain)) {
      for (int i = 0; i < 100; i++) {
        LoopbackPair.put(from, 0, "message " + (i % 10));
        pair.rightPair.receives().receive(i, to, 0, 100).submit();
        pair.leftPair.sends().signaled().send(i, from, 0, 9).submit();
        assertTrue(pair.leftDone().succeeded());
        assertTrue(pair.rightDone().succeeded());
        assertEquals("message " + (i % 10), LoopbackPair.get(to, 0, 9));
      }
    }
  }

  @Test
  void relaxedOrderingUdTraffic() throws IOException {
    try (DatagramPair pair = new DatagramPair();
        MemoryRegion from = relaxed(pair.domain);
        MemoryRegion to = relaxed(pair.domain)) {
      for (int i = 0; i < 100; i++) {
        LoopbackPair.put(from, 0, "message " + (i % 10));
        pair.rightPair.receives().receive(i, to, 0, 100).submit();
        pair.toRight().signaled().send(i, from, 0, 9).submit();
        assertTrue(LoopbackPair.next(pair.leftQueue).succeeded());
        assertTrue(pair.arrival().succeeded());
        assertEquals("message " + (i % 10), LoopbackPair.get(to, DatagramPair.HEADER, 9));
      }
    }
  }
}
