/**
 * The seam between Verbena and native code: which libraries are there ({@link
 * io.verbena.ffi.Native}), calls that generated bindings cannot make ({@link
 * io.verbena.ffi.InlineVerbs}), calls that report errno ({@link io.verbena.ffi.ErrnoCalls}).
 */
@NullMarked
package io.verbena.ffi;

import org.jspecify.annotations.NullMarked;
