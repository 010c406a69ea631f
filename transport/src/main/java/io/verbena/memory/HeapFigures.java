package io.verbena.memory;

/**
 * What a {@link SlabHeap} has and has given away.
 *
 * @param registeredBytes size of all slabs, also of those that the device did not let go of: they
 *     are pinned and count against its limit, and the ceiling, for ever
 * @param registrations how many slabs there were
 * @param refusedGrowth how often one slab more was refused
 * @param buffersOut blocks that are not in the heap: with users, in caches or in depots
 * @param bytesOut their size
 */
record HeapFigures(
    long registeredBytes, long registrations, long refusedGrowth, long buffersOut, long bytesOut) {}
