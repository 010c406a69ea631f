package io.verbena.memory;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A buffer pool has registered a slab. */
@Name("io.verbena.Slab")
@Label("Slab Registration")
@Category({"Verbena", "Memory"})
@Description("A buffer pool allocated memory and registered it")
@StackTrace(false)
@SuppressWarnings("UnusedVariable") // Read by the flight recorder.
final class SlabEvent extends Event {
  @Label("Address")
  private long address;

  @Label("Length")
  @DataAmount
  private long length;

  @Label("Registered")
  @Description("Whether an adapter can reach it")
  private boolean registered;

  @Label("Pool Size")
  @DataAmount
  private long poolBytes;

  static void commit(Slab slab, long poolBytes) {
    var event = new SlabEvent();
    if (event.shouldCommit()) {
      event.address = slab.address;
      event.length = slab.length();
      event.registered = slab.region != null;
      event.poolBytes = poolBytes;
      event.commit();
    }
  }
}
