package io.verbena.collective.peer;

/** What a process tells another one without being asked: an envelope alone. */
record Notice(byte kind, long context, long tag, long length) {
  /** A process is lost. */
  static Notice lost(int rank) {
    return new Notice(Envelope.LOST, rank, 0, 0);
  }

  /** Collectives of a context, from a tag on, have failed here since a process has left. */
  static Notice abandoned(long context, long tag, int left) {
    return new Notice(Envelope.ABANDONED, context, tag, left);
  }
}
