/** Programs of several processes that compute together, each checked against one process alone. */
@NullMarked
package io.verbena.samples.parallel;

import org.jspecify.annotations.NullMarked;
