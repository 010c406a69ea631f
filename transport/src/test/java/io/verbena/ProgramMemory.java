package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.ProgramSide.Ended;
import io.verbena.RandomProgram.Act;
import io.verbena.RandomProgram.Step;
import io.verbena.TransportException.Kind;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * One-sided operations of one side of a random program: what they do to the peer's memory and to
 * its own. Those that would touch the same bytes wait for each other, so that it is known what must
 * come of them.
 */
final class ProgramMemory {
  private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final int BYTES = RandomProgram.MEMORY;

  /** More than may be under way. */
  private static final int MANY = 150;

  /** An operation under way: what it is to do, and where. */
  private record Pending(
      long number,
      Operation operation,
      CompletableFuture<Long> future,
      Act act,
      int remoteAt,
      int localAt,
      int length,
      long result) {

    boolean changesRemote() {
      return act != Act.READ;
    }

    boolean isTransfer() {
      return act == Act.READ || act == Act.WRITE || act == Act.NOTIFY;
    }

    boolean conflicts(Act other, int remote, int local, int bytes) {
      boolean far = overlap(remoteAt, length, remote, bytes);
      boolean near = isTransfer() && overlap(localAt, length, local, bytes);
      return (far && (changesRemote() || other != Act.READ))
          || (near && (act == Act.READ || other == Act.READ));
    }

    private static boolean overlap(int a, int lengthA, int b, int lengthB) {
      return a < b + lengthB && b < a + lengthA;
    }
  }

  private final RegisteredMemory local;
  private final RegisteredMemory target;
  private final Endpoint granter;
  private final boolean refusalsAreHarmless;
  private RemoteMemory grant;
  private final byte[] localModel = new byte[BYTES];
  private final byte[] remoteModel = new byte[BYTES];
  private final BitSet unknown = new BitSet(BYTES);
  private final List<Pending> pending = new ArrayList<>();
  private long started;

  /**
   * Creates the memory of a side.
   *
   * @param granter the peer's endpoint
   */
  ProgramMemory(Transport own, Transport peers, Endpoint granter) throws IOException {
    this.local = own.allocate(BYTES);
    this.target = peers.allocate(BYTES);
    this.granter = granter;
    this.refusalsAreHarmless = granter.link() instanceof Link.Tcp;
    this.grant = grant();
  }

  private RemoteMemory grant() throws IOException {
    return granter.grant(target, RemoteAccess.READ, RemoteAccess.WRITE, RemoteAccess.ATOMIC);
  }

  void run(Step step, ProgramSide side) throws Ended, IOException {
    int length = Math.min(step.size(), BYTES / 2);
    // Both are at most half of the memory.
    int localAt = step.at();
    int remoteAt = (step.at() + step.variant()) % (BYTES / 2);
    int word = remoteAt & -Long.BYTES;
    switch (step.act()) {
      case WRITE, NOTIFY -> {
        awaitConflicts(side, Act.WRITE, remoteAt, localAt, length);
        System.arraycopy(localModel, localAt, remoteModel, remoteAt, length);
        start(side, step, remoteAt, localAt, length, 0);
      }
      case READ -> {
        awaitConflicts(side, Act.READ, remoteAt, localAt, length);
        System.arraycopy(remoteModel, remoteAt, localModel, localAt, length);
        start(side, step, remoteAt, localAt, length, 0);
      }
      case ADD, SWAP -> {
        awaitConflicts(side, step.act(), word, 0, Long.BYTES);
        atomic(side, step, word);
      }
      case MANY_ADDS -> {
        awaitConflicts(side, Act.ADD, word, 0, Long.BYTES);
        for (int i = 0; i < MANY; i++) {
          atomic(side, step, word);
        }
      }
      case FLUSH -> flush(side, step);
      case AWAIT -> awaitAll(side);
      case RANDOMIZE -> {
        awaitAll(side);
        new Random(step.at()).nextBytes(localModel);
        local.segment().copyFrom(MemorySegment.ofArray(localModel));
      }
      case REVOKE -> revoke(side, step);
      default -> throw new AssertionError(step);
    }
  }

  private void atomic(ProgramSide side, Step step, int word) throws TransportException {
    MemorySegment model = MemorySegment.ofArray(remoteModel);
    long before = model.get(WORD, word);
    boolean swaps = step.variant() % 4 > 0;
    if (step.act() != Act.SWAP) {
      model.set(WORD, word, before + step.variant());
    } else if (swaps) {
      model.set(WORD, word, step.at());
    }
    start(side, step, word, swaps ? 0 : 1, Long.BYTES, before);
  }

  private void start(
      ProgramSide side, Step step, int remoteAt, int localAt, int length, long result)
      throws TransportException {
    Operation operation = new Operation();
    boolean accepted = false;
    try {
      boolean mayBlock = step.act() == Act.NOTIFY ? side.mayBlockBehindMessages() : side.mayBlock();
      if (mayBlock && step.variant() % 3 == 0) {
        operation = startWaiting(side.endpoint, step, remoteAt, localAt, length, result);
      } else {
        Operation tried = operation;
        side.until(
            step.act().name(),
            () -> tryStart(side.endpoint, step, remoteAt, localAt, length, result, tried));
      }
      accepted = true;
    } finally {
      if (!accepted) {
        // It did nothing; but what the model has of it is not there.
        unknown.set(remoteAt, remoteAt + length);
      }
    }
    CompletableFuture<Long> future =
        step.variant() % 5 == 0 ? operation.toFuture() : new CompletableFuture<>();
    pending.add(
        new Pending(++started, operation, future, step.act(), remoteAt, localAt, length, result));
  }

  private Operation startWaiting(
      Endpoint endpoint, Step step, int remoteAt, int localAt, int length, long before)
      throws TransportException {
    return switch (step.act()) {
      case WRITE -> endpoint.write(local, localAt, grant, remoteAt, length);
      case NOTIFY ->
          endpoint.writeAndNotify(local, localAt, grant, remoteAt, length, step.variant());
      case READ -> endpoint.read(local, localAt, grant, remoteAt, length);
      case SWAP -> endpoint.compareSwap(grant, remoteAt, before + localAt, step.at());
      default -> endpoint.fetchAdd(grant, remoteAt, step.variant());
    };
  }

  private boolean tryStart(
      Endpoint endpoint,
      Step step,
      int remoteAt,
      int localAt,
      int length,
      long before,
      Operation operation)
      throws TransportException {
    // A slice is the same grant.
    RemoteMemory rest = grant.slice(remoteAt, BYTES - remoteAt);
    return switch (step.act()) {
      case WRITE -> endpoint.tryWrite(local, localAt, rest, 0, length, operation);
      case NOTIFY ->
          endpoint.tryWriteAndNotify(local, localAt, rest, 0, length, step.variant(), operation);
      case READ -> endpoint.tryRead(local, localAt, rest, 0, length, operation);
      case SWAP -> endpoint.tryCompareSwap(rest, 0, before + localAt, step.at(), operation);
      default -> endpoint.tryFetchAdd(rest, 0, step.variant(), operation);
    };
  }

  private void flush(ProgramSide side, Step step) throws TransportException {
    if (side.mayBlockBehindMessages() && step.variant() % 2 == 0) {
      side.endpoint.flush();
    } else {
      var operation = new Operation();
      side.until("a flush", () -> side.endpoint.tryFlush(operation));
      side.until("a flush", operation::isDone);
      operation.result();
    }
    checkPending(started);
  }

  /** How many operations were started. */
  long started() {
    return started;
  }

  /** The first ones have reached the peer's memory, though their end may not be known yet. */
  void checkPending(long first) {
    for (Pending each : pending) {
      if (each.number <= first && (each.act == Act.WRITE || each.act == Act.NOTIFY)) {
        checkRemote(each);
      }
    }
  }

  private void checkRemote(Pending each) {
    long wrong =
        target
            .segment()
            .asSlice(each.remoteAt, each.length)
            .mismatch(MemorySegment.ofArray(remoteModel).asSlice(each.remoteAt, each.length));
    assertEquals(-1, wrong, () -> "the peer's memory is not as it was written: " + each);
  }

  private void awaitConflicts(ProgramSide side, Act act, int remoteAt, int localAt, int length)
      throws Ended, TransportException {
    for (Pending each : List.copyOf(pending)) {
      if (each.conflicts(act, remoteAt, localAt, length)) {
        finish(side, each);
      }
    }
  }

  private void awaitAll(ProgramSide side) throws Ended, TransportException {
    for (Pending each : List.copyOf(pending)) {
      finish(side, each);
    }
  }

  private void finish(ProgramSide side, Pending each) throws Ended, TransportException {
    if (side.mayBlock() && each.length % 2 == 0) {
      try {
        each.operation.await();
      } catch (TransportException e) {
        throw side.expected(e);
      }
    } else {
      side.until("an operation", each.operation::isDone);
    }
    check(each, each.operation.result());
    pending.remove(each);
  }

  private void check(Pending each, long result) {
    assertEquals(each.result, result, () -> "the result of " + each);
    if (each.future.isDone()) {
      assertEquals(each.result, each.future.join(), "the future's result");
    }
    if (each.act == Act.READ) {
      long wrong =
          local
              .segment()
              .asSlice(each.localAt, each.length)
              .mismatch(MemorySegment.ofArray(localModel).asSlice(each.localAt, each.length));
      assertEquals(-1, wrong, () -> "not what was to be read: " + each);
    } else if (each.act == Act.WRITE || each.act == Act.NOTIFY) {
      checkRemote(each);
    }
  }

  /** The peer takes its grant back, and gives another one. */
  private void revoke(ProgramSide side, Step step) throws Ended, IOException {
    awaitAll(side);
    RemoteMemory old = grant;
    assertTrue(target.revoke(old));
    grant = grant();
    if (!refusalsAreHarmless) {
      return;
    }
    var operation = new Operation();
    side.until(
        "a refused operation",
        () ->
            step.variant() % 2 == 0
                ? side.endpoint.tryWrite(local, 0, old, 0, step.size(), operation)
                : side.endpoint.tryFetchAdd(old, 0, 1, operation));
    side.until("a refused operation", operation::isDone);
    var refusal = assertThrows(TransportException.class, operation::result);
    if (refusal.kind() != Kind.REMOTE_ACCESS) {
      throw side.expected(refusal);
    }
  }

  /** What is checked before anything is done: the endpoint does not notice. */
  void misuse(Endpoint endpoint) {
    var operation = new Operation();
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> endpoint.tryRead(local, 1, grant, 0, BYTES, operation));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> endpoint.tryWrite(local, 0, grant, -1, 1, operation));
    assertThrows(
        IllegalArgumentException.class, () -> endpoint.tryFetchAdd(grant, 4, 1, operation));
    assertFalse(operation.isDone());
  }

  /** The endpoints are closed: nothing is under way, and nobody has changed what was not asked. */
  void checkEnded(ProgramSide side) {
    for (Pending each : pending) {
      assertTrue(each.operation.isDone(), () -> side.name + " has left an operation: " + each);
      try {
        check(each, each.operation.result());
      } catch (TransportException e) {
        var ends = Set.of(Kind.CLOSED, Kind.PEER_CLOSED, Kind.PEER_LOST);
        assertTrue(ends.contains(e.kind()), e.getMessage());
        unknown.set(each.remoteAt, each.remoteAt + each.length);
      }
    }
    MemorySegment there = target.segment();
    for (int i = unknown.nextClearBit(0); i < BYTES; i = unknown.nextClearBit(i + 1)) {
      if (there.get(ValueLayout.JAVA_BYTE, i) != remoteModel[i]) {
        throw new AssertionError(side.name + ": the peer's memory is wrong at " + i);
      }
    }
    local.close();
    target.close();
  }
}
