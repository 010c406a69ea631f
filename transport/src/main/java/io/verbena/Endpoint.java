package io.verbena;

import io.netty.buffer.ByteBuf;
import io.netty.util.IllegalReferenceCountException;
import io.verbena.OneSidedCalls.Call;
import io.verbena.TransportException.Kind;
import io.verbena.lane.Intake;
import io.verbena.memory.MemoryDomain;
import io.verbena.memory.RegisteredMemory;
import io.verbena.memory.RemoteAccess;
import io.verbena.memory.RemoteMemory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One conversation with a peer: messages that arrive whole, in order and once, and one-sided
 * operations on memory that the peer granted. What was written before a message was sent is there
 * when the message is received.
 *
 * <p>Thread-safe. A successful send takes the buffer; every other outcome leaves it with the
 * caller. Received buffers belong to the caller, who releases them. Every call ends before its
 * deadline with success or a {@link TransportException} that says why.
 */
public final class Endpoint implements AutoCloseable {
  private final EndpointCore core;
  private final InetSocketAddress localAddress;
  private final InetSocketAddress remoteAddress;
  private final Consumer<Endpoint> onClosed;
  private final MessageCalls messages;
  private final OneSidedCalls calls;

  Endpoint(
      EndpointCore core,
      MemoryDomain memory,
      InetSocketAddress localAddress,
      InetSocketAddress remoteAddress,
      Consumer<Endpoint> onClosed) {
    this.core = core;
    this.localAddress = localAddress;
    this.remoteAddress = remoteAddress;
    this.onClosed = onClosed;
    this.messages = new MessageCalls(core);
    this.calls = new OneSidedCalls(core, memory);
  }

  /**
   * What carries this endpoint's data, and why.
   *
   * @return never null
   */
  public Link link() {
    return core.link;
  }

  /**
   * The link, and how it came about: what else was there, and why that was not chosen.
   *
   * @return never null
   */
  public LinkReport linkReport() {
    return core.report;
  }

  /**
   * This side's address.
   *
   * @return of the TCP connection
   */
  public InetSocketAddress localAddress() {
    return localAddress;
  }

  /**
   * The peer's address.
   *
   * @return of the TCP connection
   */
  public InetSocketAddress remoteAddress() {
    return remoteAddress;
  }

  /**
   * Sends a message, waiting while the peer is behind.
   *
   * <p>A long message may be read by the peer's adapter long after this has returned, from the
   * memory of the buffer. Nobody may change those bytes any more, through whatever view of it; what
   * a slice of a bigger buffer leaves of that may be written, and the buffer may grow, if it is
   * retained.
   *
   * @param message its readable bytes are the message; taken over by a successful call
   * @throws TransportException if the endpoint has ended, or with {@link Kind#TIMEOUT}
   * @throws IllegalArgumentException if the message is longer than the peer accepts
   * @throws IllegalReferenceCountException if the message was released
   */
  public void send(ByteBuf message) throws TransportException {
    messages.send(message);
  }

  /**
   * Sends a message if that needs no waiting.
   *
   * @param message its readable bytes are the message; taken over if the result is true
   * @return false if the peer is behind: nothing was done
   * @throws TransportException if the endpoint has ended
   * @throws IllegalArgumentException if the message is longer than the peer accepts
   * @throws IllegalReferenceCountException if the message was released
   */
  public boolean trySend(ByteBuf message) throws TransportException {
    return messages.trySend(message);
  }

  /**
   * Receives the next message, waiting for it up to the configured operation timeout.
   *
   * @return the message, owned by the caller
   * @throws TransportException if the endpoint has ended and everything was received, or with
   *     {@link Kind#TIMEOUT}
   */
  public ByteBuf receive() throws TransportException {
    return messages.receive(core.operationNanos());
  }

  /**
   * Receives the next message.
   *
   * @param timeout how long to wait for it
   * @return the message, owned by the caller
   * @throws TransportException if the endpoint has ended and everything was received, or with
   *     {@link Kind#TIMEOUT}
   */
  public ByteBuf receive(Duration timeout) throws TransportException {
    return messages.receive(Timeouts.nanos(timeout));
  }

  /**
   * Receives a message if there is one. With {@link Progress#CALLER} it polls first.
   *
   * @return the message, owned by the caller, or null
   * @throws TransportException if the endpoint has ended and everything was received
   */
  public @Nullable ByteBuf tryReceive() throws TransportException {
    return messages.tryReceive();
  }

  /**
   * Lets this endpoint's peer use memory, through the adapter that this endpoint runs over: where a
   * transport has several, a grant works through one of them. Otherwise as {@link
   * RegisteredMemory#grant(RemoteAccess...)}.
   *
   * <p>Over TCP it is through the first adapter, so that the grant works on a later endpoint over
   * RDMA too. If there is none, or it refuses, the grant works over TCP only: then it {@linkplain
   * RemoteMemory#hasKey has no key}.
   *
   * @param memory from {@link Transport#allocate} of this endpoint's transport
   * @param rights at least one right
   * @return what to send to the peer
   * @throws TransportException with {@link Kind#NETWORK} if the adapter has failed
   * @throws IOException if the adapter refuses the registration
   * @throws IllegalArgumentException if the memory is not of this endpoint's transport
   */
  public RemoteMemory grant(RegisteredMemory memory, RemoteAccess... rights) throws IOException {
    return calls.grant(memory, rights);
  }

  /**
   * Starts to read from the peer's memory.
   *
   * @param local where the bytes go
   * @param localOffset bytes from its start
   * @param remote what the peer granted
   * @param remoteOffset bytes from its start
   * @param length bytes to read
   * @param operation ends when the bytes are there, or with the failure
   * @return false if too many operations are under way: nothing was done
   * @throws TransportException if the endpoint has ended
   * @throws IndexOutOfBoundsException if a range leaves its memory
   * @throws IllegalArgumentException if {@code local} is of another transport, or {@code length}
   *     more than the link takes at a time: over RDMA 1 GiB, or 32 times the longest message of the
   *     adapter's port if that is less; over TCP there is no such limit
   */
  public boolean tryRead(
      RegisteredMemory local,
      long localOffset,
      RemoteMemory remote,
      long remoteOffset,
      long length,
      Operation operation)
      throws TransportException {
    return calls.start(
        Call.READ, local, localOffset, remote, remoteOffset, length, 0, operation, false);
  }

  /**
   * Starts to write to the peer's memory.
   *
   * @param local where the bytes are; not to be changed before the operation ends
   * @param localOffset bytes from its start
   * @param remote what the peer granted
   * @param remoteOffset bytes from its start
   * @param length bytes to write
   * @param operation ends when the peer has the bytes, or with the failure
   * @return false if too many operations are under way: nothing was done
   * @throws TransportException if the endpoint has ended
   * @throws IndexOutOfBoundsException if a range leaves its memory
   * @throws IllegalArgumentException if {@code local} is of another transport, or {@code length}
   *     more than the link takes at a time: over RDMA 1 GiB, or 32 times the longest message of the
   *     adapter's port if that is less; over TCP there is no such limit
   */
  public boolean tryWrite(
      RegisteredMemory local,
      long localOffset,
      RemoteMemory remote,
      long remoteOffset,
      long length,
      Operation operation)
      throws TransportException {
    return calls.start(
        Call.WRITE, local, localOffset, remote, remoteOffset, length, 0, operation, false);
  }

  /**
   * Starts to write to the peer's memory; when the bytes are there, and everything that was sent
   * before, the peer's handler hears of it: {@link MessageHandler#notified}.
   *
   * @param local where the bytes are; not to be changed before the operation ends
   * @param localOffset bytes from its start
   * @param remote what the peer granted
   * @param remoteOffset bytes from its start
   * @param length bytes to write
   * @param value what the peer's handler gets
   * @param operation ends when the peer has the bytes, or with the failure
   * @return false if too many operations are under way, or the peer is behind: nothing was done
   * @throws TransportException if the endpoint has ended
   * @throws IndexOutOfBoundsException if a range leaves its memory
   * @throws IllegalArgumentException if {@code local} is of another transport, or {@code length}
   *     more than the link takes at a time: over RDMA 1 GiB, or 32 times the longest message of the
   *     adapter's port if that is less; over TCP there is no such limit
   */
  public boolean tryWriteAndNotify(
      RegisteredMemory local,
      long localOffset,
      RemoteMemory remote,
      long remoteOffset,
      long length,
      int value,
      Operation operation)
      throws TransportException {
    return calls.start(
        Call.WRITE_AND_NOTIFY,
        local,
        localOffset,
        remote,
        remoteOffset,
        length,
        value,
        operation,
        false);
  }

  /**
   * Starts to add to a 64-bit word of the peer, atomically with respect to other operations of this
   * kind through the same adapter or transport.
   *
   * @param remote what the peer granted
   * @param remoteOffset bytes from its start; the address must be aligned to 8
   * @param delta what to add
   * @param operation ends with the previous value
   * @return false if too many operations are under way: nothing was done
   * @throws TransportException if the endpoint has ended
   * @throws IndexOutOfBoundsException if the word is not inside the memory
   * @throws IllegalArgumentException if the address of the word is not aligned to 8
   */
  public boolean tryFetchAdd(
      RemoteMemory remote, long remoteOffset, long delta, Operation operation)
      throws TransportException {
    return calls.start(Call.FETCH_ADD, null, 0, remote, remoteOffset, delta, 0, operation, false);
  }

  /**
   * Starts to replace a 64-bit word of the peer if it has an expected value.
   *
   * @param remote what the peer granted
   * @param remoteOffset bytes from its start; the address must be aligned to 8
   * @param expected the value that is replaced
   * @param desired the value that replaces it
   * @param operation ends with the previous value
   * @return false if too many operations are under way: nothing was done
   * @throws TransportException if the endpoint has ended
   * @throws IndexOutOfBoundsException if the word is not inside the memory
   * @throws IllegalArgumentException if the address of the word is not aligned to 8
   */
  public boolean tryCompareSwap(
      RemoteMemory remote, long remoteOffset, long expected, long desired, Operation operation)
      throws TransportException {
    return calls.start(
        Call.COMPARE_SWAP, null, 0, remote, remoteOffset, expected, desired, operation, false);
  }

  /**
   * Starts to wait until the peer's program could see everything that this side has written and
   * sent so far: the peer answers, so it must be moving its data. One at a time.
   *
   * @param operation ends when the peer has answered, or with the failure
   * @return false if one is under way, or something is still to be sent: nothing was done
   * @throws TransportException if the endpoint has ended
   */
  public boolean tryFlush(Operation operation) throws TransportException {
    return calls.start(Call.FLUSH, null, 0, null, 0, 0, 0, operation, false);
  }

  /**
   * Reads from the peer's memory; waits only while too many operations are under way.
   *
   * @param local where the bytes go
   * @param localOffset bytes from its start
   * @param remote what the peer granted
   * @param remoteOffset bytes from its start
   * @param length bytes to read
   * @return the started operation
   * @throws TransportException if the endpoint has ended, or with {@link Kind#TIMEOUT}
   * @throws IndexOutOfBoundsException if a range leaves its memory
   * @throws IllegalArgumentException if {@code local} is of another transport, or {@code length}
   *     more than the link takes at a time: over RDMA 1 GiB, or 32 times the longest message of the
   *     adapter's port if that is less; over TCP there is no such limit
   */
  public Operation read(
      RegisteredMemory local, long localOffset, RemoteMemory remote, long remoteOffset, long length)
      throws TransportException {
    return calls.run(Call.READ, local, localOffset, remote, remoteOffset, length, 0);
  }

  /**
   * Writes to the peer's memory; waits only while too many operations are under way.
   *
   * @param local where the bytes are; not to be changed before the operation ends
   * @param localOffset bytes from its start
   * @param remote what the peer granted
   * @param remoteOffset bytes from its start
   * @param length bytes to write
   * @return the started operation
   * @throws TransportException if the endpoint has ended, or with {@link Kind#TIMEOUT}
   * @throws IndexOutOfBoundsException if a range leaves its memory
   * @throws IllegalArgumentException if {@code local} is of another transport, or {@code length}
   *     more than the link takes at a time: over RDMA 1 GiB, or 32 times the longest message of the
   *     adapter's port if that is less; over TCP there is no such limit
   */
  public Operation write(
      RegisteredMemory local, long localOffset, RemoteMemory remote, long remoteOffset, long length)
      throws TransportException {
    return calls.run(Call.WRITE, local, localOffset, remote, remoteOffset, length, 0);
  }

  /**
   * Writes to the peer's memory, of which the peer's handler then hears; waits only while too many
   * operations are under way, or the peer is behind.
   *
   * @param local where the bytes are; not to be changed before the operation ends
   * @param localOffset bytes from its start
   * @param remote what the peer granted
   * @param remoteOffset bytes from its start
   * @param length bytes to write
   * @param value what the peer's handler gets
   * @return the started operation
   * @throws TransportException if the endpoint has ended, or with {@link Kind#TIMEOUT}
   * @throws IndexOutOfBoundsException if a range leaves its memory
   * @throws IllegalArgumentException if {@code local} is of another transport, or {@code length}
   *     more than the link takes at a time: over RDMA 1 GiB, or 32 times the longest message of the
   *     adapter's port if that is less; over TCP there is no such limit
   */
  public Operation writeAndNotify(
      RegisteredMemory local,
      long localOffset,
      RemoteMemory remote,
      long remoteOffset,
      long length,
      int value)
      throws TransportException {
    return calls.run(
        Call.WRITE_AND_NOTIFY, local, localOffset, remote, remoteOffset, length, value);
  }

  /**
   * Adds to a 64-bit word of the peer; waits only while too many operations are under way.
   *
   * @param remote what the peer granted
   * @param remoteOffset bytes from its start; the address must be aligned to 8
   * @param delta what to add
   * @return the started operation; its result is the previous value
   * @throws TransportException if the endpoint has ended, or with {@link Kind#TIMEOUT}
   * @throws IndexOutOfBoundsException if the word is not inside the memory
   * @throws IllegalArgumentException if the address of the word is not aligned to 8
   */
  public Operation fetchAdd(RemoteMemory remote, long remoteOffset, long delta)
      throws TransportException {
    return calls.run(Call.FETCH_ADD, null, 0, remote, remoteOffset, delta, 0);
  }

  /**
   * Replaces a 64-bit word of the peer if it has an expected value; waits only while too many
   * operations are under way.
   *
   * @param remote what the peer granted
   * @param remoteOffset bytes from its start; the address must be aligned to 8
   * @param expected the value that is replaced
   * @param desired the value that replaces it
   * @return the started operation; its result is the previous value
   * @throws TransportException if the endpoint has ended, or with {@link Kind#TIMEOUT}
   * @throws IndexOutOfBoundsException if the word is not inside the memory
   * @throws IllegalArgumentException if the address of the word is not aligned to 8
   */
  public Operation compareSwap(RemoteMemory remote, long remoteOffset, long expected, long desired)
      throws TransportException {
    return calls.run(Call.COMPARE_SWAP, null, 0, remote, remoteOffset, expected, desired);
  }

  /**
   * Waits until the peer's program could see everything that this side has written and sent so far.
   *
   * @throws TransportException if the endpoint has ended, or with {@link Kind#TIMEOUT}
   */
  public void flush() throws TransportException {
    calls.run(Call.FLUSH, null, 0, null, 0, 0, 0).await();
  }

  /**
   * Hands what arrives to a handler from now on, what has arrived already included; {@link
   * #receive} must not be called any more. Once for an endpoint.
   *
   * @param handler gets messages and notifications, in order, and the end
   * @throws IllegalStateException if there is a handler already
   */
  public void handle(MessageHandler handler) {
    if (handler instanceof Intake intake) {
      core.take(intake);
    } else {
      core.handle(new HandlerCalls(this, core, handler));
    }
  }

  /**
   * Where in its life the endpoint is.
   *
   * @return a snapshot
   */
  public EndpointState state() {
    return core.state();
  }

  /**
   * Why the endpoint has ended.
   *
   * @return empty while nothing has ended it
   */
  public Optional<TransportException> cause() {
    core.lock.lock();
    try {
      return Optional.ofNullable(core.end()).map(Failure::exception);
    } finally {
      core.lock.unlock();
    }
  }

  /**
   * What the endpoint has done so far.
   *
   * @return a snapshot
   */
  public EndpointCounters counters() {
    core.lock.lock();
    try {
      return EndpointCounters.of(core.conversation);
    } finally {
      core.lock.unlock();
    }
  }

  /**
   * Moves this endpoint's data without waiting. With {@link Progress#CALLER} somebody must call
   * this or a waiting method for anything to happen, serving the peer's one-sided operations over
   * TCP included.
   *
   * @return how much happened; 0 for nothing
   */
  public int poll() {
    return core.progress();
  }

  /**
   * Ends the conversation: everything that was sent gets to the peer first, as far as the
   * configured close timeout allows; operations under way fail with {@link Kind#CLOSED}.
   * Idempotent. Called by a handler on a thread of the transport, it returns at once, and the rest
   * is done by another thread; with {@link Progress#CALLER} it waits like everywhere else.
   */
  @Override
  public void close() {
    core.closing.run(true, () -> onClosed.accept(this));
  }

  /**
   * Closes all beside each other: a peer that is slow to say goodbye must not hold up the others.
   * Returns when it is done, but for those for which {@link #close} does not wait here.
   */
  static void closeAll(Collection<Endpoint> endpoints) {
    List<Thread> awaited = new ArrayList<>();
    for (Endpoint each : endpoints) {
      if (each.core.closing.isAwaited()) {
        each.close();
      } else {
        awaited.add(Thread.ofVirtual().name("verbena-close").start(each::close));
      }
    }
    awaited.forEach(Threads::joinUninterruptibly);
  }

  /**
   * Ends the conversation at once: what is on its way may be lost, and for the peer it is as if
   * this process had ended. Operations under way fail with {@link Kind#CLOSED}. Idempotent.
   */
  public void reset() {
    core.closing.run(false, () -> onClosed.accept(this));
  }
}
