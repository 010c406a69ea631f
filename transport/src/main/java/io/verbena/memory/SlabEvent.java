package io.verbena.memory;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A buffer pool registers a slab, which takes as long as this. */
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

  /** To be begun before the slab was allocated. */
  void commit(Slab slab, long before) {
    if (shouldCommit()) {
      address = slab.address;
      length = slab.length();
      registered = slab.region != null;
      poolBytes = before + slab.length();
      commit();
    }
  }
}
