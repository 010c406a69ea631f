package io.verbena.collective;

import io.verbena.collective.peer.PeerFailure;
import io.verbena.collective.peer.PeerFailure.Kind;
import io.verbena.collective.peer.Peers;
import io.verbena.collective.peer.Receive;
import io.verbena.collective.peer.Send;
import io.verbena.collective.peer.Transfer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Something that needs messages: it starts transfers and ends when it has no more to do and all of
 * them have ended. Guarded by the lock of the {@link Peers}. Reusable when it has ended.
 */
abstract class Work implements Transfer.Owner {
  /** How long a peer may take what is on its way to it, once nobody wants it any more. */
  private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(30);

  /**
   * The same where somebody waits for the end now: the deadline has passed, or it was cancelled.
   */
  private static final long SHORT_DRAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  final Peers peers;
  final Group group;
  private final List<Transfer> live = new ArrayList<>();
  private final List<Send> idleSends = new ArrayList<>();
  private final List<Receive> idleReceives = new ArrayList<>();
  private boolean ended = true;
  private boolean stored = true;
  private boolean once;
  private @Nullable CollectiveException failure;
  private int lossesSeen;
  private long drainUntilNanos;

  /** Whether somebody waits for its end, and no longer for success. */
  private boolean awaited;

  Work(Peers peers, Group group) {
    this.peers = peers;
    this.group = group;
  }

  final boolean isEnded() {
    return ended;
  }

  final @Nullable CollectiveException failure() {
    return failure;
  }

  /** Throws what it failed with, of this thread, and so with where it waited. */
  final void requireSuccess() throws CollectiveException {
    CollectiveException why = failure;
    if (why != null) {
      throw new CollectiveException(
          why.kind(), why.rank().orElse(-1), String.valueOf(why.getMessage()), why);
    }
  }

  /** Does not start it: it has failed. */
  final void refuse(CollectiveException why) {
    failure = why;
  }

  /** Starts it. */
  final void begin() {
    ended = false;
    failure = null;
    awaited = false;
    lossesSeen = -1;
    try {
      launch();
    } catch (RuntimeException | Error e) {
      fail(cannotGoOn(e));
    }
    advance();
  }

  /** Prepares what {@link #proceed} needs; may start transfers. */
  abstract void launch();

  private static CollectiveException cannotGoOn(Throwable cause) {
    if (cause instanceof Staging.Unusable) {
      return new CollectiveException(
          CollectiveException.Kind.MEMORY, -1, String.valueOf(cause.getMessage()), cause);
    }
    return new CollectiveException(
        CollectiveException.Kind.BROKEN, -1, "it cannot go on: " + cause.getMessage(), cause);
  }

  /** Goes on as far as is possible without waiting. */
  final void advance() {
    if (ended) {
      return;
    }
    try {
      if (lossesSeen != peers.losses() && failure == null) {
        lossesSeen = peers.losses();
        PeerFailure loss = loss();
        if (loss != null) {
          fail(exception(loss));
        }
      }
      // A transfer may fail as soon as it is started.
      if (failure == null && proceed() && failure == null) {
        end();
      }
    } catch (RuntimeException | Error e) {
      // An error, too: who waits may be another one than whose reduction this is.
      fail(cannotGoOn(e));
    }
    if (!ended && failure != null) {
      drain();
    }
  }

  /** Why it cannot end well, whatever its transfers do; null if it may. */
  abstract @Nullable PeerFailure loss();

  /** Whether it will not end well: then nothing more may be sent, which would be wrong. */
  final boolean hasFailed() {
    return failure != null;
  }

  /** Does what can be done; returns whether all is done. Not called after a failure. */
  abstract boolean proceed();

  /** Its memory is given back when it ends: it is not started again. */
  final void once() {
    once = true;
  }

  /** Gives its memory back; not while it is under way. It takes other memory when it is started. */
  abstract void free();

  /**
   * Brings the result to where it is to be.
   *
   * @return false if this thread cannot: then one that waits for it does
   */
  abstract boolean store();

  /** It has failed; its transfers may not have ended. */
  void failed(CollectiveException why) {}

  private void end() {
    stored = false;
    ended = true;
    finish();
  }

  /** Stores what there is to be stored, if this thread can. */
  private void finish() {
    if (failure == null) {
      try {
        stored = store();
      } catch (RuntimeException | Error e) {
        CollectiveException why = cannotGoOn(e);
        failure = why;
        failed(why);
      }
    }
    if (once && (stored || failure != null)) {
      free();
    }
  }

  /** Does what the thread that ended it could not; with the lock. */
  final void settle() {
    if (ended && failure == null && !stored) {
      finish();
    }
  }

  final Send idleSend() {
    return idleSends.isEmpty() ? new Send(this) : idleSends.removeLast();
  }

  final Receive idleReceive() {
    return idleReceives.isEmpty() ? new Receive(this) : idleReceives.removeLast();
  }

  final void start(Send send) {
    live.add(send);
    peers.start(send);
  }

  final void start(Receive receive) {
    live.add(receive);
    peers.start(receive);
  }

  @Override
  public final void ended(Transfer transfer, @Nullable PeerFailure why) {
    live.remove(transfer);
    if (why != null && why.kind() != Kind.CANCELLED && failure == null) {
      failure = exception(why);
    }
    arrived(transfer, why == null);
    if (transfer instanceof Send send) {
      idleSends.add(send);
    } else {
      idleReceives.add((Receive) transfer);
    }
  }

  /** A transfer ended; what follows from it is for {@link #proceed}. */
  abstract void arrived(Transfer transfer, boolean success);

  private CollectiveException exception(PeerFailure why) {
    CollectiveException.Kind kind =
        switch (why.kind()) {
          case LOST -> CollectiveException.Kind.RANK_LOST;
          case LEFT -> CollectiveException.Kind.RANK_LEFT;
          case TRUNCATED -> CollectiveException.Kind.TRUNCATED;
          case LENGTHS_DIFFER -> CollectiveException.Kind.LENGTHS_DIFFER;
          case MEMORY -> CollectiveException.Kind.MEMORY;
          case CANCELLED -> CollectiveException.Kind.CANCELLED;
          case CLOSED -> CollectiveException.Kind.CLOSED;
        };
    return new CollectiveException(kind, group.rankOf(why.rank()), why.message(), why.cause());
  }

  /**
   * Ends it before its time; what is on its way is left alone or taken back. If it has failed
   * already, and waits for that, it does so no longer than one that fails now.
   */
  final void fail(CollectiveException why) {
    if (ended) {
      return;
    }
    if (failure == null) {
      failure = why;
    }
    boolean urgent =
        why.kind() == CollectiveException.Kind.TIMEOUT
            || why.kind() == CollectiveException.Kind.CANCELLED;
    if (urgent && !awaited) {
      awaited = true;
      long soon = drainEnd();
      if (drainUntilNanos != 0 && soon - drainUntilNanos < 0) {
        drainUntilNanos = soon;
      }
    }
  }

  /** Never 0. */
  private long drainEnd() {
    return System.nanoTime() + (awaited ? SHORT_DRAIN_NANOS : DRAIN_NANOS) | 1;
  }

  /** Takes back what can be, and waits for the rest; then it has ended. */
  private void drain() {
    if (drainUntilNanos == 0) {
      CollectiveException why = Objects.requireNonNull(failure);
      drainUntilNanos = drainEnd();
      for (Transfer each : List.copyOf(live)) {
        if (each instanceof Send send) {
          peers.cancel(send);
        } else {
          peers.cancel((Receive) each);
        }
      }
      failed(why);
    }
    if (!live.isEmpty() && System.nanoTime() - drainUntilNanos >= 0) {
      for (Transfer each : List.copyOf(live)) {
        peers.giveUp((Send) each);
      }
    }
    if (live.isEmpty()) {
      drainUntilNanos = 0;
      end();
    }
  }

  /** Whom it waits for, for people. */
  final String awaited() {
    List<Integer> ranks =
        live.stream()
            .map(transfer -> group.rankOf(transfer.peer()))
            .filter(each -> each >= 0)
            .distinct()
            .sorted()
            .toList();
    if (ranks.isEmpty()) {
      return "it waits for a message from anybody";
    }
    String names = ranks.stream().limit(20).map(String::valueOf).collect(Collectors.joining(", "));
    return "it waits for rank%s %s%s"
        .formatted(ranks.size() == 1 ? "" : "s", names, ranks.size() > 20 ? " and others" : "");
  }
}
