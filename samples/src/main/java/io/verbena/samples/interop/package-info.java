/**
 * Twins of the example programs of rdma-core: each speaks the same exchange, takes the same options
 * and prints the same lines as the C program of that name, so that either side can be C.
 */
@NullMarked
package io.verbena.samples.interop;

import org.jspecify.annotations.NullMarked;
