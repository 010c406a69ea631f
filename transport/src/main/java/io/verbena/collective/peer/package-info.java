/**
 * Messages between the processes of a job, over endpoints that are connected when they are first
 * needed. Internal.
 */
@NullMarked
package io.verbena.collective.peer;

import org.jspecify.annotations.NullMarked;
