package io.verbena.collective;

/**
 * A message that was received. Stands for MPI's status (MPI 4.1, section 3.2.5).
 *
 * @param source the rank that sent it
 * @param tag that it was sent with
 * @param count its elements; there may be fewer than there was room for
 */
public record Received(int source, int tag, long count) {}
