/**
 * The command line, and the programs of the README: each file here but {@link
 * io.verbena.samples.Main} and its commands is one of them, short enough to be copied.
 */
@NullMarked
package io.verbena.samples;

import org.jspecify.annotations.NullMarked;
