package io.verbena.memory;

/**
 * What a {@link RegisteredByteBufAllocator} holds and has done so far. Counted when asked for:
 * while other threads allocate and release, the figures may miss some of their buffers.
 *
 * @param registeredBytes size of all slabs, also of those that are not used any more but that the
 *     device did not let go of
 * @param usedBytes size of the blocks that programs hold
 * @param cachedBytes size of the blocks that are free and ready for threads
 * @param registrations how many slabs were registered
 * @param refusals how often an allocation was refused
 * @param refusedGrowth how often the ceiling, the system or the adapter refused one slab more, also
 *     if free memory was found in another way
 * @param copies how many buffers were copied on their way to the adapter: because some of their
 *     memory is not of this allocator, or because it is in more pieces than one request takes, as
 *     that of a composite of many buffers may be, though each is of this allocator
 * @param copiedBytes how many bytes they had
 */
public record BufferPoolMetrics(
    long registeredBytes,
    long usedBytes,
    long cachedBytes,
    long registrations,
    long refusals,
    long refusedGrowth,
    long copies,
    long copiedBytes) {}
