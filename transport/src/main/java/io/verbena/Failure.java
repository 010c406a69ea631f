package io.verbena;

import io.verbena.TransportException.Kind;
import io.verbena.lane.LaneFailure;

/** Why an endpoint or an operation failed; makes an exception with the caller's stack for each. */
record Failure(Kind kind, String text) {
  static Failure of(LaneFailure cause) {
    Kind kind =
        switch (cause.kind()) {
          case PEER_LOST -> Kind.PEER_LOST;
          case REMOTE_ACCESS -> Kind.REMOTE_ACCESS;
          case LOCAL_ACCESS -> Kind.LOCAL_ACCESS;
          case PROTOCOL -> Kind.PROTOCOL;
          case NETWORK -> Kind.NETWORK;
        };
    return new Failure(kind, cause.text());
  }

  TransportException exception() {
    return new TransportException(kind, text);
  }
}
