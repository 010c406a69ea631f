/**
 * The local launcher, {@code ./verbena run}: several processes on this machine that know of each
 * other.
 */
@NullMarked
package io.verbena.samples.run;

import org.jspecify.annotations.NullMarked;
