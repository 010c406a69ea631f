package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.IllegalReferenceCountException;
import io.verbena.RandomProgram.Step;
import io.verbena.TransportException.Kind;
import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One side of a random program: does its steps, and knows what must come of them, which is the
 * model. Used by one thread; what the peer touches is thread-safe.
 */
final class ProgramSide {
  /** The end of the conversation, where it is no surprise. */
  static final class Ended extends Exception {
    private static final long serialVersionUID = 1L;

    Ended(TransportException cause) {
      super(cause);
    }
  }

  /** What a call to the endpoint says: false if it has to be tried again. */
  interface Attempt {
    boolean once() throws TransportException;
  }

  /**
   * What the peer sent: a message, or a notification.
   *
   * @param size bytes, or -1 for a notification
   * @param from where its bytes are in the noise, or the notification's value
   * @param operations how many operations the peer had started before it
   */
  private record Expected(int size, int from, long operations) {
    long held() {
      return Math.max(size, 0) + 256L;
    }
  }

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(15);
  final String name;
  final Endpoint endpoint;
  final ProgramMemory memory;
  private final ProgramMessages messages;
  private final TransportConfig config;
  private final boolean handled;
  private final boolean threads;
  private final boolean blocking;
  private final Runnable pump;
  private final ProgramSide[] peerOf;
  private final ConcurrentLinkedDeque<Expected> coming = new ConcurrentLinkedDeque<>();
  private final AtomicLong comingBytes = new AtomicLong();

  /** What the handler got: messages, notifications, and at last the end. */
  private final Queue<Object> heard = new ConcurrentLinkedQueue<>();

  private long messagesSent;
  private long messagesTaken;
  private long unheard;

  /** Set before this side ends the conversation: from then on its end is no surprise. */
  volatile boolean ending;

  volatile boolean resetting;

  /** Whether all steps are done, or the conversation is over. */
  volatile boolean done;

  /**
   * Creates a side.
   *
   * @param threads whether the peer has a thread of its own
   * @param blocking whether calls that wait for the peer may be used: somebody moves its data
   * @param pump moves the data of callers, as far as no other thread does
   * @param peerOf where the peer will be
   */
  ProgramSide(
      String name,
      Transport transport,
      TransportConfig config,
      Endpoint endpoint,
      ProgramMemory memory,
      boolean handled,
      boolean threads,
      boolean blocking,
      Runnable pump,
      ProgramSide[] peerOf) {
    this.name = name;
    this.messages = new ProgramMessages(transport);
    this.config = config;
    this.endpoint = endpoint;
    this.memory = memory;
    this.handled = handled;
    this.threads = threads;
    this.blocking = blocking;
    this.pump = pump;
    this.peerOf = peerOf;
    if (handled) {
      endpoint.handle(
          new MessageHandler() {
            @Override
            public void message(Endpoint from, ByteBuf message) {
              heard.add(message);
            }

            @Override
            public void notified(Endpoint from, int value) {
              heard.add(value);
            }

            @Override
            public void ended(Endpoint ended, TransportException cause) {
              heard.add(cause);
            }
          });
    }
  }

  private ProgramSide peer() {
    return peerOf[0];
  }

  void run(Step step) throws Ended, IOException {
    try {
      switch (step.act()) {
        case SEND -> send(step);
        case RECEIVE -> receive(step);
        case MISUSE -> misuse(step);
        case NOTIFY -> {
          expectAtPeer(new Expected(-1, step.variant(), memory.started() + 1));
          boolean started = false;
          try {
            memory.run(step, this);
            started = true;
          } finally {
            if (!started) {
              peer().unexpect();
            }
          }
        }
        default -> memory.run(step, this);
      }
    } catch (TransportException e) {
      throw expected(e);
    }
  }

  /** The end, if there is a reason for one; a failure of the test otherwise. */
  Ended expected(TransportException e) {
    Kind kind = peer().resetting ? Kind.PEER_LOST : Kind.PEER_CLOSED;
    if (peer().ending && e.kind() == kind) {
      return new Ended(e);
    }
    throw new AssertionError(name + ": " + e.kind() + ": " + e.getMessage(), e);
  }

  boolean mayBlock() {
    return blocking;
  }

  /**
   * The same for a call that also waits until what was sent before has left, though nobody takes
   * it.
   */
  boolean mayBlockBehindMessages() {
    return blocking && peer().comingBytes.get() <= config.receiveBufferBytes();
  }

  /** Tries until it succeeds; meanwhile data moves, and what comes is taken. */
  void until(String what, Attempt attempt) throws TransportException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!attempt.once()) {
      takeOne();
      if (!threads) {
        peer().takeOne();
      }
      pause(what, deadline);
    }
  }

  private void pause(String what, long deadline) {
    pump.run();
    if (System.nanoTime() - deadline > 0) {
      throw new AssertionError(
          "%s: %s does not end; %s, peer %s; %d are coming"
              .formatted(name, what, endpoint.state(), peer().endpoint.state(), coming.size()));
    }
    if (config.progress() == Progress.THREAD) {
      LockSupport.parkNanos(10_000);
    }
  }

  private void expectAtPeer(Expected expected) {
    peer().comingBytes.addAndGet(expected.held());
    peer().coming.add(expected);
  }

  private void unexpect() {
    Expected last = coming.pollLast();
    if (last != null) {
      comingBytes.addAndGet(-last.held());
    }
  }

  private void send(Step step) throws TransportException {
    var expected = new Expected(step.size(), step.at(), memory.started());
    ByteBuf message = messages.of(step);
    boolean fits =
        peer().comingBytes.get() + expected.held() <= config.receiveBufferBytes() && blocking;
    expectAtPeer(expected);
    boolean taken = false;
    try {
      if (fits && step.variant() % 2 == 0) {
        endpoint.send(message);
      } else {
        until("send", () -> endpoint.trySend(message));
      }
      taken = true;
      messagesSent++;
    } finally {
      if (!taken) {
        assertEquals(1, message.refCnt(), "what was not taken stays the caller's");
        message.release();
        peer().unexpect();
      }
    }
  }

  private void receive(Step step) throws TransportException {
    if (isMessageComing()) {
      if (blocking && !handled && step.variant() % 2 == 0) {
        take(endpoint.receive());
      } else {
        await("receive");
      }
    } else {
      takeOne();
    }
  }

  private void await(String what) throws TransportException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!takeOne()) {
      pause(what, deadline);
    }
  }

  private boolean isMessageComing() {
    return coming.stream().anyMatch(each -> handled || each.size >= 0);
  }

  /** Takes what has come, if something has. */
  boolean takeOne() throws TransportException {
    if (handled) {
      Object next = heard.peek();
      if (next == null || next instanceof TransportException) {
        return false;
      }
      heard.remove();
      if (next instanceof ByteBuf message) {
        take(message);
      } else {
        takeNotification((int) next);
      }
      return true;
    }
    ByteBuf message = endpoint.tryReceive();
    if (message != null) {
      take(message);
    }
    return message != null;
  }

  private void take(ByteBuf message) {
    Expected expected = next();
    while (!handled && expected != null && expected.size < 0) {
      unheard++;
      expected = next();
    }
    assertTrue(expected != null && expected.size >= 0, name + " got a message that nobody sent");
    ByteBuf bytes = ProgramMessages.bytes(expected.from, expected.size);
    if (!bytes.equals(message)) {
      throw new AssertionError(
          "%s got %s instead of %d bytes, or with other content"
              .formatted(name, message, expected.size));
    }
    message.release();
    messagesTaken++;
    checkWhatWasBefore(expected);
  }

  private void takeNotification(int value) {
    Expected expected = next();
    assertTrue(expected != null && expected.size < 0, name + " was notified by nobody");
    assertEquals(expected.from, value, name);
    checkWhatWasBefore(expected);
  }

  private void checkWhatWasBefore(Expected expected) {
    // With two threads, something else may have been written meanwhile.
    if (!threads) {
      peer().memory.checkPending(expected.operations);
    }
  }

  private @Nullable Expected next() {
    Expected expected = coming.poll();
    if (expected != null) {
      comingBytes.addAndGet(-expected.held());
    }
    return expected;
  }

  /** A caller's mistakes, which the endpoint survives. */
  private void misuse(Step step) throws TransportException {
    ByteBuf released = Unpooled.directBuffer(8).writeLong(1);
    released.release();
    switch (step.variant() % 3) {
      case 0 -> {
        try {
          endpoint.trySend(released);
          throw new AssertionError(name + " has sent a released buffer");
        } catch (IllegalReferenceCountException e) {
          assertEquals(0, released.refCnt(), name);
        }
      }
      case 1 -> memory.misuse(endpoint);
      default -> assertThrows(IllegalStateException.class, () -> new Operation().await());
    }
  }

  /** Takes everything until the end, which the peer has made. */
  void drainToTheEnd() throws TransportException {
    TransportException end = null;
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (end == null) {
      try {
        while (takeOne()) {}
        if (handled && heard.peek() instanceof TransportException told) {
          end = told;
        }
      } catch (TransportException e) {
        end = e;
      }
      pause("the end", deadline);
    }
    assertEquals(Ended.class, expected(end).getClass());
    if (!peer().resetting) {
      assertTrue(
          !isMessageComing(), name + " did not get what was sent before the close: " + coming);
    }
  }

  /** After both sides are closed. */
  void checkWhatIsLeft() {
    memory.checkEnded(this);
    EndpointCounters counters = endpoint.counters();
    assertEquals(messagesSent, counters.messagesSent(), name);
    assertTrue(counters.messagesReceived() >= messagesTaken, name);
    assertTrue(counters.notificationsUnheard() >= unheard, name);
    assertEquals(EndpointState.CLOSED, endpoint.state(), name);
    messages.requireReleased(name);
    for (Object each = heard.poll(); each != null; each = heard.poll()) {
      if (each instanceof ByteBuf message) {
        message.release();
      }
    }
  }
}
