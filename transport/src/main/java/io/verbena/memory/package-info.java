/**
 * Memory that a network adapter can reach: allocated and registered once, granted to peers as
 * {@link io.verbena.memory.RemoteMemory}, and usable in the same way where there is no adapter.
 * {@code docs/memory.md} is the guide.
 *
 * <ul>
 *   <li>A {@link io.verbena.memory.MemoryDomain} is where it is registered, and what is granted;
 *       what it allocates is {@link io.verbena.memory.RegisteredMemory}, laid out as a {@link
 *       io.verbena.memory.MemoryConfig} says.
 *   <li>A {@link io.verbena.memory.RegisteredByteBufAllocator} gives Netty buffers, up to what its
 *       {@link io.verbena.memory.BufferPoolConfig} allows; {@link io.verbena.memory.BufferRanges}
 *       tell where in it they lie, and {@link io.verbena.memory.BufferPoolMetrics} what it holds.
 *   <li>Behind it a {@code BufferPool} is a {@code ThreadCache} for each thread, a {@code Depot}
 *       for each size, and a {@code SlabHeap}; {@code Stock} is the way between them.
 *   <li>Its buffers are {@code RegisteredByteBuf}s, and {@code RetainedView}s of them.
 *   <li>{@code SlabEvent}, {@code RefusedGrowthEvent} and {@code RefusalEvent} are the flight
 *       recorder's.
 * </ul>
 */
@NullMarked
package io.verbena.memory;

import org.jspecify.annotations.NullMarked;
