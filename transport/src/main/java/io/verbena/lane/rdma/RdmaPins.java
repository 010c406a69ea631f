package io.verbena.lane.rdma;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a configuration leaves no choice about.
 *
 * @param device the adapter's name
 * @param port the port's number
 * @param gidIndex the place of the GID
 * @param pkey the partition; the bit of full membership does not count
 */
public record RdmaPins(
    Optional<String> device, OptionalInt port, OptionalInt gidIndex, OptionalInt pkey) {}
