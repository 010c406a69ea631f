package io.verbena.collective;

import io.verbena.RdmaMode;
import io.verbena.RdmaTest;
import java.util.List;

/** Killed processes, over RDMA. */
@RdmaTest
class RdmaRankDeathTest extends RankDeathContract {
  RdmaRankDeathTest() {
    super(RdmaMode.REQUIRED);
  }

  /** In one: to start four processes takes long on the emulated processors. */
  @Override
  List<Collective> collectives() {
    return List.of(Collective.ALL_REDUCE);
  }
}
