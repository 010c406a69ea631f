package io.verbena;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** An endpoint was connected, and over what; lasts as long as that took. */
@Name("io.verbena.Connect")
@Label("Endpoint Connect")
@Category({"Verbena", "Transport"})
@Description("An endpoint was connected, with the link that was chosen and why")
@StackTrace(false)
@SuppressWarnings("UnusedVariable") // Read by the flight recorder.
final class ConnectEvent extends Event {
  @Label("Local Address")
  private String local = "";

  @Label("Remote Address")
  private String remote = "";

  @Label("Link")
  private String link = "";

  @Label("Connecting Side")
  private boolean client;

  void commit(Ends ends, LinkReport chosen, boolean connecting) {
    if (shouldCommit()) {
      local = ends.local().toString();
      remote = ends.remote().toString();
      link = chosen.toString();
      client = connecting;
      commit();
    }
  }
}
