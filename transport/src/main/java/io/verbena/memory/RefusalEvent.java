package io.verbena.memory;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** A buffer pool could not give what it was asked for. */
@Name("io.verbena.Refusal")
@Label("Buffer Refusal")
@Category({"Verbena", "Memory"})
@Description("A buffer pool reached its ceiling, or memory could not be registered")
@SuppressWarnings("UnusedVariable") // Read by the flight recorder.
final class RefusalEvent extends Event {
  @Label("Requested")
  @DataAmount
  private long requestedBytes;

  @Label("Pool Size")
  @DataAmount
  private long poolBytes;

  @Label("In Use")
  @DataAmount
  private long usedBytes;

  @Label("Ceiling")
  @DataAmount
  private long ceilingBytes;

  @Label("Reason")
  private String reason = "";

  static void commit(OutOfRegisteredMemoryException refusal) {
    var event = new RefusalEvent();
    if (event.shouldCommit()) {
      event.requestedBytes = refusal.requestedBytes();
      event.poolBytes = refusal.registeredBytes();
      event.usedBytes = refusal.usedBytes();
      event.ceilingBytes = refusal.ceilingBytes();
      event.reason = String.valueOf(refusal.getMessage());
      event.commit();
    }
  }
}
