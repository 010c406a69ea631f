package io.verbena.collective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/**
 * Receives that end while their message is coming in, which the socket's bytes go straight to: the
 * memory is left alone then, and what follows is found.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
class TcpHalfReceivedTest {
  /** More than the sockets between two ranks hold. */
  private static final int LONG = 64 << 20;

  private static final byte MARK = 77;

  private static final int LOOKS = 10_000;

  private final Ranks ranks = new Ranks(2, TransportConfig.defaults().withRdma(RdmaMode.OFF));

  /** Between the threads of the ranks: nothing moves while one waits for the other here. */
  private final CyclicBarrier meeting = new CyclicBarrier(2);

  TcpHalfReceivedTest() throws Exception {}

  @AfterAll
  void close() {
    ranks.close();
  }

  private void meet() throws Exception {
    meeting.await(30, TimeUnit.SECONDS);
  }

  /**
   * What a rank does with a receive of which some is there, and some is not sent before it {@link
   * #meet meets} the sender.
   */
  private interface Ending {
    void run(MemorySegment memory, CollectiveOperation receive) throws Exception;
  }

  private void receiveInPart(Arena arena, Ending ending) throws Exception {
    ranks.run(
        world -> {
          // Connects them: what is sent then leaves at once, as far as it can.
          world.barrier();
          if (world.rank() == 0) {
            byte[] zeros = new byte[LONG];
            CollectiveOperation sending = world.startSend(Elements.of(zeros), 1, 1);
            meet();
            meet();
            sending.await();
            world.send(Elements.of((byte) 1, (byte) 2), 1, 2);
          } else {
            MemorySegment memory = arena.allocate(LONG).fill(MARK);
            CollectiveOperation receive =
                world.startReceive(Elements.of(memory, ValueLayout.JAVA_BYTE), 0, 1);
            meet();
            while (memory.get(ValueLayout.JAVA_BYTE, 0) == MARK) {
              assertFalse(receive.isDone());
            }
            // All that was sent: it ends within what the sender handed over in one go.
            for (int i = 0; i < LOOKS; i++) {
              assertFalse(receive.isDone());
            }
            assertEquals(MARK, memory.get(ValueLayout.JAVA_BYTE, LONG - 1), "all of it came");
            ending.run(memory, receive);
            byte[] next = new byte[2];
            world.receive(Elements.of(next), 0, 2);
            assertArrayEquals(new byte[] {1, 2}, next);
          }
          world.barrier();
        });
  }

  @Test
  void shouldLeaveTheMemoryOfACancelledReceiveAlone() throws Exception {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment[] used = new MemorySegment[1];
      receiveInPart(
          arena,
          (memory, receive) -> {
            receive.cancel();
            var failure = assertThrows(CollectiveException.class, receive::await);
            assertEquals(CollectiveException.Kind.CANCELLED, failure.kind());
            used[0] = memory.fill(MARK);
            meet();
          });
      byte[] marks = new byte[LONG];
      Arrays.fill(marks, MARK);
      assertEquals(-1, used[0].mismatch(MemorySegment.ofArray(marks)));
    }
  }

  @Test
  @SuppressWarnings("MustBeClosedChecker") // closed while it is used
  void shouldFailTheReceiveWhoseMemoryIsClosedAndNothingElse() throws Exception {
    Arena arena = Arena.ofShared();
    receiveInPart(
        arena,
        (_, receive) -> {
          arena.close();
          meet();
          var failure = assertThrows(CollectiveException.class, receive::await);
          assertEquals(CollectiveException.Kind.MEMORY, failure.kind());
        });
  }
}
