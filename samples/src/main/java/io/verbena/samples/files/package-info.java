/** A file goes from one machine to another, whole or not at all. */
@NullMarked
package io.verbena.samples.files;

import org.jspecify.annotations.NullMarked;
