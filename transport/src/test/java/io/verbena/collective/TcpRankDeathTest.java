package io.verbena.collective;

import io.verbena.RdmaMode;
import java.util.List;

/** Killed processes, over TCP. */
class TcpRankDeathTest extends RankDeathContract {
  TcpRankDeathTest() {
    super(RdmaMode.OFF);
  }

  /** In each. */
  @Override
  List<Collective> collectives() {
    return List.of(Collective.values());
  }
}
