package io.verbena;

import java.util.List;

/**
 * Over RDMA, compiled by C1, which removes no object: what leaves nothing here does so whatever the
 * optimising compiler inlines, and on the testbed's slow processor everything is soon compiled.
 */
@RdmaTest
class RdmaGarbageTest extends GarbageContract {
  @Override
  RdmaMode rdma() {
    return RdmaMode.REQUIRED;
  }

  @Override
  List<String> flags() {
    return List.of("-XX:TieredStopAtLevel=1");
  }

  /**
   * All lanes on an adapter share one lock, and a thread that finds it taken leaves an object of
   * the JDK's: more often than over TCP. The smallest object has 16 bytes: with less than that for
   * each message, none is made for each.
   */
  @Override
  int bytesOfThreadsThatMeet() {
    return 16_000;
  }

  @Override
  int count() {
    return 2000;
  }

  @Override
  int longCount() {
    return 400;
  }
}
