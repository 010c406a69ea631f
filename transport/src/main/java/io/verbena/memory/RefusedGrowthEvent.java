package io.verbena.memory;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * A buffer pool could not become bigger: as often as {@link BufferPoolMetrics#refusedGrowth}. A
 * {@link RefusalEvent} follows if it found no memory in another way, either.
 */
@Name("io.verbena.RefusedGrowth")
@Label("Refused Growth")
@Category({"Verbena", "Memory"})
@Description(
    "A buffer pool got no slab more, and looks for free memory in the caches of all threads")
@StackTrace(false)
@SuppressWarnings("UnusedVariable") // Read by the flight recorder.
final class RefusedGrowthEvent extends Event {
  @Label("Needed")
  @DataAmount
  private long neededBytes;

  @Label("Pool Size")
  @DataAmount
  private long poolBytes;

  @Label("Ceiling")
  @DataAmount
  private long ceilingBytes;

  @Label("Reason")
  private String reason = "";

  static void commit(long neededBytes, long poolBytes, long ceilingBytes, String reason) {
    var event = new RefusedGrowthEvent();
    if (event.shouldCommit()) {
      event.neededBytes = neededBytes;
      event.poolBytes = poolBytes;
      event.ceilingBytes = ceilingBytes;
      event.reason = reason;
      event.commit();
    }
  }
}
