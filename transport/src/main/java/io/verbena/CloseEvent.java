package io.verbena;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** An endpoint has ended. */
@Name("io.verbena.Close")
@Label("Endpoint Close")
@Category({"Verbena", "Transport"})
@Description("An endpoint was closed")
@StackTrace(false)
@SuppressWarnings("UnusedVariable") // Read by the flight recorder.
final class CloseEvent extends Event {
  @Label("Local Address")
  private String local = "";

  @Label("Remote Address")
  private String remote = "";

  @Label("Link")
  private String link = "";

  @Label("Kind")
  private String kind = "";

  @Label("Cause")
  private String cause = "";

  static void commit(Ends ends, Link link, Failure failure) {
    var event = new CloseEvent();
    if (event.shouldCommit()) {
      event.local = ends.local().toString();
      event.remote = ends.remote().toString();
      event.link = link.toString();
      event.kind = failure.kind().name();
      event.cause = failure.text();
      event.commit();
    }
  }
}
