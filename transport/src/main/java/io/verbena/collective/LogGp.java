package io.verbena.collective;

/**
 * A network in the LogGP model, in nanoseconds. A message of k bytes costs its sender's processor
 * {@code overhead}, is on its way for {@code (k - 1) * gapPerByte + latency} and costs its
 * receiver's processor {@code overhead}; an adapter starts one message each {@code gap}.
 *
 * @param latency L, of the wire and the switches
 * @param overhead o, of the processor, for each message it sends and for each it receives
 * @param gap g, from the start of one message to that of the next at one adapter, at least
 * @param gapPerByte G, the reciprocal of the bandwidth
 * @param reducePerByte of the processor, for each byte of a result
 * @param copyPerByte of the processor, for each byte it copies
 */
record LogGp(
    double latency,
    double overhead,
    double gap,
    double gapPerByte,
    double reducePerByte,
    double copyPerByte) {

  LogGp {
    for (double number :
        new double[] {latency, overhead, gap, gapPerByte, reducePerByte, copyPerByte}) {
      if (!(number >= 0) || Double.isInfinite(number)) {
        throw new IllegalArgumentException("a network cannot take %s ns".formatted(number));
      }
    }
  }

  /** How long an adapter is busy with the bytes of a message after the first one. */
  double stream(long bytes) {
    return bytes == 0 ? 0 : (bytes - 1) * gapPerByte;
  }
}
