/**
 * Memory that a network adapter can reach: allocated and registered once, granted to peers as
 * {@link io.verbena.memory.RemoteMemory}, and usable in the same way where there is no adapter.
 */
@NullMarked
package io.verbena.memory;

import org.jspecify.annotations.NullMarked;
