package io.verbena;

/** What moves the data of endpoints while their callers do something else. Thread-safe. */
interface Driver extends AutoCloseable {
  /** With {@link Progress#CALLER}: nothing. */
  Driver NONE =
      new Driver() {
        @Override
        public void attach(EndpointCore endpoint) {}

        @Override
        public void wake(EndpointCore endpoint) {}

        @Override
        public void attend(EndpointCore endpoint) {}

        @Override
        public boolean isOwnThread() {
          return false;
        }

        @Override
        public void detach(EndpointCore endpoint) {}

        @Override
        public void close() {}
      };

  /** Starts to move an endpoint's data. */
  void attach(EndpointCore endpoint);

  /** The endpoint has something to send that its lane had no room for. */
  void wake(EndpointCore endpoint);

  /** Has the endpoint's handler called soon, by the thread of this driver. */
  void attend(EndpointCore endpoint);

  /** How callers of an endpoint that is to be attached look for data themselves. */
  default CallerPolls callerPolls() {
    return new CallerPolls();
  }

  /**
   * With the endpoint's lock: a caller has moved data for itself, which was lent to it, and does
   * not any more.
   *
   * @return whether something has come just now
   */
  default boolean reclaim(EndpointCore endpoint) {
    return false;
  }

  /** Whether it is the thread of this driver that asks: it must not wait for itself. */
  boolean isOwnThread();

  /** Forgets an endpoint. */
  void detach(EndpointCore endpoint);

  /** Ends the threads of this driver and waits for them. */
  @Override
  void close();
}
