package io.verbena;

import java.util.List;

/** Over TCP, where objects that the optimising compiler removes are none. */
class TcpGarbageTest extends GarbageContract {
  @Override
  RdmaMode rdma() {
    return RdmaMode.OFF;
  }

  @Override
  List<String> flags() {
    return List.of("-XX:TieredStopAtLevel=4");
  }

  @Override
  int count() {
    return 20_000;
  }

  @Override
  int longCount() {
    return 20_000;
  }
}
