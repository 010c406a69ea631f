package io.verbena.collective;

import io.verbena.collective.peer.PeerFailure;
import io.verbena.collective.peer.Peers;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The processes of a communicator, in the order of their ranks. */
final class Group {
  private final int[] world;
  private final int rank;

  /**
   * Creates a group.
   *
   * @param world for each rank, that in the whole job
   * @param rank of this process
   */
  Group(int[] world, int rank) {
    this.world = world.clone();
    this.rank = rank;
  }

  static Group ofAll(Peers peers) {
    return new Group(IntStream.range(0, peers.size()).toArray(), peers.rank());
  }

  int rank() {
    return rank;
  }

  int size() {
    return world.length;
  }

  int world(int ofRank) {
    return world[ofRank];
  }

  /** The rank that a process of the job has; -1 if it is not of the group. */
  int rankOf(int worldRank) {
    if (worldRank >= 0 && worldRank < world.length && world[worldRank] == worldRank) {
      return worldRank;
    }
    for (int i = 0; i < world.length; i++) {
      if (world[i] == worldRank) {
        return i;
      }
    }
    return -1;
  }

  /** Why the first that is lost is; null if nobody is. */
  @Nullable PeerFailure loss(Peers peers) {
    for (int each : world) {
      if (peers.isLost(each)) {
        return peers.failureOf(each);
      }
    }
    return null;
  }
}
