package io.verbena.samples.interop;

import io.verbena.verbs.QueuePair;
import java.io.IOException;
import java.util.List;

/** The queue pairs of one side of a ping-pong, each of which has one partner at the peer. */
interface Pairs {
  /** In the order in which both sides name them; closed with their domain. */
  List<QueuePair> all();

  /** Makes a queue pair ready to receive and to send. */
  void connect(int index, Destination theirs) throws IOException;

  /** Posts that many receives more, for whichever queue pair. */
  void receive(int count) throws IOException;

  /** Sends the message. */
  void send(int index) throws IOException;
}
