/** Publish and subscribe: a broker fans messages out, and no slow subscriber holds up another. */
@NullMarked
package io.verbena.samples.pubsub;

import org.jspecify.annotations.NullMarked;
