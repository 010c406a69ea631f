package io.verbena;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A connect, or the handshake with somebody who connected, has failed; lasts as long as that. */
@Name("io.verbena.ConnectFailure")
@Label("Endpoint Connect Failure")
@Category({"Verbena", "Transport"})
@Description("An endpoint was not connected, with the cause")
@StackTrace(false)
@SuppressWarnings("UnusedVariable") // Read by the flight recorder.
final class ConnectFailureEvent extends Event {
  @Label("Local Address")
  private String local = "";

  @Label("Remote Address")
  private String remote = "";

  @Label("Kind")
  private String kind = "";

  @Label("Cause")
  private String cause = "";

  @Label("Connecting Side")
  private boolean client;

  /**
   * @param from this side's address; empty if there is none yet
   */
  void commit(String from, String to, Exception failure, boolean connecting) {
    if (shouldCommit()) {
      local = from;
      remote = to;
      kind = failure instanceof TransportException ended ? ended.kind().name() : "";
      cause = String.valueOf(failure.getMessage());
      client = connecting;
      commit();
    }
  }
}
