package io.verbena;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A sender was held up by its receiver. */
@Name("io.verbena.CreditStall")
@Label("Credit Stall")
@Category({"Verbena", "Transport"})
@Description("A message waited until the peer, which is behind, gave credit")
@StackTrace(false)
@SuppressWarnings("UnusedVariable") // Read by the flight recorder.
final class StallEvent extends Event {
  /** Asked whether anybody wants such events: an event that nobody wants is not made. */
  private static final StallEvent KIND = new StallEvent();

  @Label("Local Address")
  private String local = "";

  @Label("Remote Address")
  private String remote = "";

  @Label("Waited")
  @Timespan(Timespan.NANOSECONDS)
  private long waited;

  static void commit(Ends ends, long sinceNanos) {
    if (!KIND.isEnabled()) {
      return;
    }
    var event = new StallEvent();
    if (event.shouldCommit()) {
      event.local = ends.local().toString();
      event.remote = ends.remote().toString();
      event.waited = System.nanoTime() - sinceNanos;
      event.commit();
    }
  }
}
