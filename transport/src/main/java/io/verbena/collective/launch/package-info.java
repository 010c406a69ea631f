/** How a process finds out who was started with it: the sides of the launchers. Internal. */
@NullMarked
package io.verbena.collective.launch;

import org.jspecify.annotations.NullMarked;
