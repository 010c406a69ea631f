package io.verbena;

import io.verbena.lane.Intake;
import io.verbena.lane.LaneLock;

/** An endpoint as its intake sees it: takes the endpoint's lock. */
final class IntakeSource implements Intake.Source {
  private final LaneLock lock;
  private final Conversation conversation;

  IntakeSource(EndpointCore core) {
    this.lock = core.lock;
    this.conversation = core.conversation;
  }

  @Override
  public void divert() {
    lock.lock();
    try {
      conversation.lane.divert();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean hasUnsent() {
    lock.lock();
    try {
      return conversation.hasUnsent();
    } finally {
      lock.unlock();
    }
  }
}
