package io.verbena;

import io.netty.buffer.ByteBuf;
import io.verbena.TransportException.Kind;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands what arrives to an endpoint's handler: in order, one thing at a time, by whichever thread
 * moves the endpoint's data, which does not hold the endpoint's lock meanwhile.
 */
final class HandlerCalls {
  private static final Logger LOG = LoggerFactory.getLogger(HandlerCalls.class);

  private static final int ENDED = -1;

  private final Endpoint endpoint;
  private final EndpointCore core;
  private final MessageHandler handler;

  // All by the thread that has set busy, or with the lock.
  private boolean busy;
  private int kind;
  private @Nullable ByteBuf message;
  private int notification;
  private boolean endTold;

  HandlerCalls(Endpoint endpoint, EndpointCore core, MessageHandler handler) {
    this.endpoint = endpoint;
    this.core = core;
    this.handler = Objects.requireNonNull(handler, "handler");
  }

  /** Returns when there is nothing left to hand over, or another thread is at it. */
  void run() {
    while (next()) {
      try {
        call();
      } catch (Exception | Error e) {
        failed(e);
      } finally {
        done();
      }
    }
  }

  private void failed(Throwable e) {
    if (e instanceof TransportException && hasEnded()) {
      // It wanted to answer somebody who has gone: what is left is handed over, then the end.
      LOG.debug("The handler of {} came too late", core.link, e);
      return;
    }
    LOG.error("The handler of {} failed", core.link, e);
    core.fail(new Failure(Kind.CLOSED, "the endpoint's handler failed: " + e));
  }

  private boolean hasEnded() {
    core.lock.lock();
    try {
      return core.end() != null;
    } finally {
      core.lock.unlock();
    }
  }

  private boolean next() {
    core.lock.lock();
    try {
      if (busy || (core.closing.hasBegun() && !core.closing.isDone())) {
        return false;
      }
      Conversation conversation = core.conversation;
      kind = conversation.inbox.next();
      switch (kind) {
        case Arrivals.MESSAGE -> message = conversation.take();
        case Arrivals.NOTIFICATION -> notification = conversation.takeNotification();
        default -> {
          if (endTold || core.end() == null) {
            return false;
          }
          endTold = true;
          kind = ENDED;
        }
      }
      // What was taken may have given credit that the socket had no room for.
      core.wakeDriver();
      busy = true;
      return true;
    } finally {
      core.lock.unlock();
    }
  }

  private void call() throws Exception {
    switch (kind) {
      case Arrivals.MESSAGE -> {
        ByteBuf taken = Objects.requireNonNull(message);
        message = null;
        handler.message(endpoint, taken);
      }
      case Arrivals.NOTIFICATION -> handler.notified(endpoint, notification);
      default -> handler.ended(endpoint, Objects.requireNonNull(core.end()).exception());
    }
  }

  private void done() {
    core.lock.lock();
    try {
      busy = false;
    } finally {
      core.lock.unlock();
    }
  }
}
