package io.verbena.rdmacm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.verbs.Access;
import io.verbena.verbs.CompletionQueue;
import io.verbena.verbs.Completions;
import io.verbena.verbs.Context;
import io.verbena.verbs.MemoryRegion;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.QueuePair;
import io.verbena.verbs.QueuePairConfig;
import io.verbena.verbs.VerbsException;
import io.verbena.verbs.WorkStatus;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** What one side of a connection needs: a queue pair with memory. */
final class Side implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int HALF = 4096;

  final ProtectionDomain domain;
  final CompletionQueue queue;
  final MemoryRegion region;
  final QueuePair pair;

  Side(Context context) throws VerbsException {
    domain = context.createDomain();
    queue = context.createCompletionQueue(256);
    region = domain.allocate(2 * HALF, Access.LOCAL_WRITE, Access.REMOTE_READ, Access.REMOTE_WRITE);
    pair =
        domain.createQueuePair(
            QueuePairConfig.reliable(queue).withSendDepth(16).withReceiveDepth(16));
  }

  /** Posts the receive for the next message. */
  void expect() throws VerbsException {
    assertTrue(pair.receives().receive(7, region, HALF, HALF).submit());
  }

  /** Sends without waiting for the completion. */
  void post(String text) throws VerbsException {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    MemorySegment.copy(bytes, 0, region.memory(), ValueLayout.JAVA_BYTE, 0, bytes.length);
    assertTrue(pair.sends().signaled().send(8, region, 0, bytes.length).submit());
  }

  void send(String text) throws VerbsException {
    post(text);
    Completions done = next();
    assertEquals(8, done.id());
    assertEquals(WorkStatus.SUCCESS, done.status());
  }

  String receive() throws VerbsException {
    Completions done = next();
    assertEquals(7, done.id());
    assertEquals(WorkStatus.SUCCESS, done.status());
    return new String(
        region.memory().asSlice(HALF, done.byteCount()).toArray(ValueLayout.JAVA_BYTE),
        StandardCharsets.US_ASCII);
  }

  /** The next completion, whatever it is. */
  Completions next() throws VerbsException {
    assertTrue(queue.await(PATIENCE), "no completion came");
    Completions done = queue.poll();
    assertTrue(done.next());
    return done;
  }

  @Override
  public void close() {
    pair.close();
    region.close();
    queue.close();
    domain.close();
  }
}
