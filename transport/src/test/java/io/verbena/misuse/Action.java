package io.verbena.misuse;

import java.util.Random;

/**
 * Something that a program may do, rightly or wrongly.
 *
 * @param name says which, in a trace
 * @param weight how often it is chosen, compared with others
 * @param body does it
 * @param certain whether every device and peer allows it now and then
 */
record Action(String name, int weight, Body body, boolean certain) {
  /** Does it, on objects that may be closed or do not fit together. */
  interface Body {
    void run(World world, Random random) throws Exception;
  }

  Action(String name, int weight, Body body) {
    this(name, weight, body, true);
  }

  /** Something that the device, or chance, may refuse each time. */
  static Action perhaps(String name, int weight, Body body) {
    return new Action(name, weight, body, false);
  }

  /**
   * Whether it must succeed now and then: those of the connection manager need to know which
   * address has RDMA behind it.
   */
  boolean mustSucceed() {
    return certain
        && (System.getenv("TESTBED_ADDRESS") != null || !ConnectionActions.ALL.contains(this));
  }
}
