package io.verbena.collective;

/** The operations of which every rank of a communicator takes part. */
enum Collective {
  BARRIER,
  BROADCAST,
  REDUCE,
  ALL_REDUCE,
  GATHER,
  SCATTER,
  ALL_GATHER,
  ALL_TO_ALL,
  REDUCE_SCATTER,
  SCAN,
  EXCLUSIVE_SCAN;

  private final String label = Labels.of(this);

  /** As in the choice table. */
  String label() {
    return label;
  }
}
