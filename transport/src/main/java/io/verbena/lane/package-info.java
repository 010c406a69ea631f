/** The contract between endpoints and what carries their frames. Internal. */
@NullMarked
package io.verbena.lane;

import org.jspecify.annotations.NullMarked;
