/**
 * Why RDMA works here, or why it does not: {@link io.verbena.doctor.Doctor#examine} looks at the
 * machine, reads only, and says what to mend first. {@code ./verbena doctor} prints it.
 */
@NullMarked
package io.verbena.doctor;

import org.jspecify.annotations.NullMarked;
