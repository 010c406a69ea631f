package io.verbena.samples.pubsub;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.verbena.Endpoint;
import io.verbena.EndpointState;
import io.verbena.TransportException;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What waits for one subscriber, and the virtual thread that sends it. Publishing never waits: when
 * too much is waiting, the oldest goes, and the subscriber is told how much it has missed. One that
 * takes nothing for an operation timeout (30 s) is cut off, and so is one that accepts only shorter
 * messages. Thread-safe.
 */
final class Outlet {
  private final Endpoint subscriber;
  private final ByteBufAllocator allocator;
  private final int mostMessages;
  private final long mostBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>();
  private long bytes;
  private long missed;
  private boolean ended;

  Outlet(Endpoint subscriber, ByteBufAllocator allocator, int mostMessages, long mostBytes) {
    this.subscriber = subscriber;
    this.allocator = allocator;
    this.mostMessages = mostMessages;
    this.mostBytes = mostBytes;
    Thread.ofVirtual().name("outlet").start(this::run);
  }

  /** Takes the message over. */
  void offer(ByteBuf message) {
    lock.lock();
    try {
      if (ended) {
        message.release();
        return;
      }
      waiting.add(message);
      bytes += message.readableBytes();
      while (waiting.size() > mostMessages || (bytes > mostBytes && waiting.size() > 1)) {
        drop();
        missed++;
      }
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** The subscriber has gone. */
  void end() {
    lock.lock();
    try {
      ended = true;
      while (!waiting.isEmpty()) {
        drop();
      }
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  private void drop() {
    ByteBuf oldest = waiting.remove();
    bytes -= oldest.readableBytes();
    oldest.release();
  }

  private void run() {
    try {
      for (ByteBuf next = next(); next != null; next = next()) {
        try {
          subscriber.send(next);
        } catch (TransportException | RuntimeException e) {
          next.release();
          throw e;
        }
      }
    } catch (TransportException | RuntimeException e) {
      // Too slow, or it accepts only shorter messages: its handler forgets this outlet.
      if (subscriber.state() == EndpointState.OPEN) {
        System.out.println(subscriber.remoteAddress() + ": cut off: " + e.getMessage());
      }
      subscriber.reset();
    } finally {
      end();
    }
  }

  private @Nullable ByteBuf next() {
    lock.lock();
    try {
      while (waiting.isEmpty() && !ended) {
        changed.awaitUninterruptibly();
      }
      if (ended) {
        return null;
      }
      if (missed > 0) {
        ByteBuf gap = allocator.directBuffer().writeByte(Protocol.MISSED).writeLong(missed);
        missed = 0;
        return gap;
      }
      ByteBuf next = waiting.remove();
      bytes -= next.readableBytes();
      return next;
    } finally {
      lock.unlock();
    }
  }
}
