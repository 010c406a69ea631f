/** Frames and one-sided operations over a TCP connection. Internal. */
@NullMarked
package io.verbena.lane.tcp;

import org.jspecify.annotations.NullMarked;
