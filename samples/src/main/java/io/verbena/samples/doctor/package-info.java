/** {@code ./verbena doctor} and {@code ./verbena info}: what {@link io.verbena.doctor} finds. */
@NullMarked
package io.verbena.samples.doctor;

import org.jspecify.annotations.NullMarked;
