package io.verbena.verbs;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Two queue pairs of one process, connected to each other through one port: everything that traffic
 * needs. The left one starts what a test is about, the right one is its peer.
 */
final class LoopbackPair extends DeviceFixture {
  static final Duration PATIENCE = Duration.ofSeconds(20);
  static final int REGION_BYTES = 64 * 1024;

  /** What a completion said, to look at after the cursor has moved on. */
  record Done(long id, WorkStatus status, WorkKind kind, int byteCount) {
    boolean succeeded() {
      return status == WorkStatus.SUCCESS;
    }
  }

  final ProtectionDomain domain;
  final CompletionQueue leftQueue;
  final CompletionQueue rightQueue;
  final MemoryRegion left;
  final MemoryRegion right;
  final QueuePair leftPair;
  final QueuePair rightPair;

  LoopbackPair() throws IOException {
    this(config -> config, ConnectOptions.defaults());
  }

  LoopbackPair(UnaryOperator<QueuePairConfig> adjust, ConnectOptions options) throws IOException {
    boolean ready = false;
    try {
      domain = context.createDomain();
      leftQueue = context.createCompletionQueue(512);
      rightQueue = context.createCompletionQueue(512);
      left = allocate();
      right = allocate();
      leftPair = domain.createQueuePair(adjust.apply(QueuePairConfig.reliable(leftQueue)));
      rightPair = domain.createQueuePair(adjust.apply(QueuePairConfig.reliable(rightQueue)));
      QueuePairAddress leftAddress = leftPair.address(port, gidIndex);
      QueuePairAddress rightAddress = rightPair.address(port, gidIndex);
      leftPair.connect(rightAddress, options);
      rightPair.connect(leftAddress, options);
      ready = true;
    } finally {
      if (!ready) {
        close();
      }
    }
  }

  MemoryRegion allocate() throws VerbsException {
    return domain.allocate(
        REGION_BYTES,
        Access.LOCAL_WRITE,
        Access.REMOTE_WRITE,
        Access.REMOTE_READ,
        Access.REMOTE_ATOMIC);
  }

  /** The next completions of the left queue pair, in order. */
  List<Done> leftDone(int count) throws VerbsException {
    return done(leftQueue, count);
  }

  /** The next completion of the left queue pair. */
  Done leftDone() throws VerbsException {
    return leftDone(1).getFirst();
  }

  List<Done> rightDone(int count) throws VerbsException {
    return done(rightQueue, count);
  }

  Done rightDone() throws VerbsException {
    return rightDone(1).getFirst();
  }

  static List<Done> done(CompletionQueue queue, int count) throws VerbsException {
    List<Done> done = new ArrayList<>();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (done.size() < count) {
      Completions cursor = queue.poll();
      while (done.size() < count && cursor.next()) {
        done.add(new Done(cursor.id(), cursor.status(), cursor.kind(), cursor.byteCount()));
      }
      if (System.nanoTime() > deadline) {
        fail("only " + done + " of " + count + " completions came");
      }
    }
    return done;
  }

  /** The cursor at the queue's next completion. */
  static Completions next(CompletionQueue queue) throws VerbsException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      Completions cursor = queue.poll();
      if (cursor.next()) {
        return cursor;
      }
      if (System.nanoTime() > deadline) {
        fail("no completion came");
      }
    }
  }

  static void put(MemoryRegion region, long offset, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    region
        .memory()
        .asSlice(offset, bytes.length)
        .copyFrom(java.lang.foreign.MemorySegment.ofArray(bytes));
  }

  static String get(MemoryRegion region, long offset, int length) {
    return new String(
        region.memory().asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE),
        StandardCharsets.US_ASCII);
  }
}
