package io.verbena;

import io.verbena.TransportException.Kind;
import io.verbena.lane.LaneFailure;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import io.verbena.verbs.ProtectionDomain;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The one-sided half of an endpoint: grants memory to its peer, and checks and starts operations on
 * what the peer granted, all of them in the same way.
 */
final class OneSidedCalls {
  enum Call {
    READ,
    WRITE,
    WRITE_AND_NOTIFY,
    FETCH_ADD,
    COMPARE_SWAP,
    FLUSH
  }

  private static final LaneFailure KEYLESS =
      new LaneFailure(
          LaneFailure.Kind.REMOTE_ACCESS,
          "the grant has no key, so that it works over TCP only: grant the memory through the"
              + " endpoint that leads to this side");

  private final EndpointCore core;
  private final MemoryDomain own;

  OneSidedCalls(EndpointCore core, MemoryDomain own) {
    this.core = core;
    this.own = own;
  }

  /** An adapter reaches no other memory; over TCP it is the same, so that programs find it soon. */
  private void requireOwn(RegisteredMemory local) {
    if (!own.owns(local)) {
      throw new IllegalArgumentException(
          "the memory was not allocated from this endpoint's transport");
    }
  }

  /** See {@link Endpoint#grant}. */
  RemoteMemory grant(RegisteredMemory memory, RemoteAccess... rights) throws IOException {
    requireOwn(memory);
    ProtectionDomain domain = core.conversation.lane.protectionDomain();
    if (domain == null) {
      return grantOverTcp(memory, rights);
    }
    if (memory.region(domain) == null) {
      throw new TransportException(
          Kind.NETWORK, "the adapter had failed when the memory was allocated");
    }
    try {
      return memory.grant(domain, rights);
    } catch (VerbsException e) {
      if (domain.context().isAnswering()) {
        throw e;
      }
      throw new TransportException(Kind.NETWORK, "the adapter has failed: " + e.getMessage(), e);
    }
  }

  private static RemoteMemory grantOverTcp(RegisteredMemory memory, RemoteAccess... rights)
      throws IOException {
    try {
      return memory.grant(rights);
    } catch (VerbsException _) {
      return memory.grantByHandle(rights);
    }
  }

  /** As {@link #start}, waiting for room as long as there is none. */
  Operation run(
      Call call,
      @Nullable RegisteredMemory local,
      long localOffset,
      @Nullable RemoteMemory remote,
      long remoteOffset,
      long first,
      long second)
      throws TransportException {
    var operation = new Operation();
    long deadline = core.operationDeadline();
    core.lock.lock();
    try {
      for (int pauses = 1;
          !start(call, local, localOffset, remote, remoteOffset, first, second, operation, true);
          pauses++) {
        core.waiters.pauseForRoom(deadline, pauses, call.name().toLowerCase(Locale.ROOT));
      }
      return operation;
    } finally {
      core.lock.unlock();
    }
  }

  /**
   * Starts an operation.
   *
   * @param first length of a transfer, what to add, or what to expect
   * @param second what to notify of, or what to store
   * @param waits whether the caller waits if there is no room: else somebody else has to make it
   * @return false if there is no room now: nothing was done
   */
  boolean start(
      Call call,
      @Nullable RegisteredMemory local,
      long localOffset,
      @Nullable RemoteMemory remote,
      long remoteOffset,
      long first,
      long second,
      Operation operation,
      boolean waits)
      throws TransportException {
    check(call, local, localOffset, remote, remoteOffset, first);
    core.lock.lock();
    try {
      core.requireUsable();
      OperationTable operations = core.conversation.operations;
      boolean accepted = false;
      if (!operations.isFull()) {
        operation.start(core, core.operationDeadline());
        long cookie = operations.add(operation);
        try {
          accepted = post(call, local, localOffset, remote, remoteOffset, first, second, cookie);
        } finally {
          if (!accepted) {
            operations.remove(cookie);
            operation.cancelStart();
          }
          core.wakeDriver();
        }
      }
      if (!accepted && !waits) {
        core.leaveToDriver();
      }
      return accepted;
    } finally {
      core.lock.unlock();
    }
  }

  private boolean post(
      Call call,
      @Nullable RegisteredMemory local,
      long localOffset,
      @Nullable RemoteMemory remote,
      long remoteOffset,
      long first,
      long second,
      long cookie) {
    Conversation conversation = core.conversation;
    if (call == Call.FLUSH) {
      return conversation.tryFlush(cookie);
    }
    RemoteMemory theirs = Objects.requireNonNull(remote);
    if (!theirs.hasKey() && conversation.lane.protectionDomain() != null) {
      // The peer's adapter would refuse it too, and break the queue pair.
      conversation.completed(cookie, 0, KEYLESS);
      return true;
    }
    return switch (call) {
      case READ ->
          conversation.lane.tryRead(
              Objects.requireNonNull(local), localOffset, theirs, remoteOffset, first, cookie);
      case WRITE ->
          conversation.lane.tryWrite(
              Objects.requireNonNull(local),
              localOffset,
              theirs,
              remoteOffset,
              first,
              false,
              cookie);
      case WRITE_AND_NOTIFY -> {
        conversation.outbox.pump();
        boolean written =
            !conversation.hasOutgoing()
                && conversation.lane.tryWrite(
                    Objects.requireNonNull(local),
                    localOffset,
                    theirs,
                    remoteOffset,
                    first,
                    true,
                    cookie);
        if (written) {
          conversation.outbox.notify((int) second);
        }
        yield written;
      }
      case FETCH_ADD -> conversation.lane.tryFetchAdd(theirs, remoteOffset, first, cookie);
      case COMPARE_SWAP ->
          conversation.lane.tryCompareSwap(theirs, remoteOffset, first, second, cookie);
      case FLUSH -> throw new IllegalStateException();
    };
  }

  private void check(
      Call call,
      @Nullable RegisteredMemory local,
      long localOffset,
      @Nullable RemoteMemory remote,
      long remoteOffset,
      long length) {
    switch (call) {
      case READ, WRITE, WRITE_AND_NOTIFY -> {
        requireOwn(Objects.requireNonNull(local, "local"));
        Objects.requireNonNull(remote, "remote");
        Objects.checkFromIndexSize(localOffset, length, local.length());
        remote.checkRange(remoteOffset, length);
        long most = core.conversation.lane.maxTransfer();
        if (length > most) {
          throw new IllegalArgumentException(
              "%d bytes in one operation; this link takes %d".formatted(length, most));
        }
      }
      case FETCH_ADD, COMPARE_SWAP -> {
        Objects.requireNonNull(remote, "remote");
        remote.checkRange(remoteOffset, Long.BYTES);
        long address = remote.address() + remoteOffset;
        if (address % Long.BYTES != 0) {
          throw new IllegalArgumentException(
              "atomics need an address aligned to 8: 0x%x".formatted(address));
        }
      }
      case FLUSH -> {}
    }
  }
}
