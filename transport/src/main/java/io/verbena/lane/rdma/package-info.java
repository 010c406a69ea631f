/** Frames and one-sided operations over an RDMA queue pair. Internal. */
@NullMarked
package io.verbena.lane.rdma;

import org.jspecify.annotations.NullMarked;
