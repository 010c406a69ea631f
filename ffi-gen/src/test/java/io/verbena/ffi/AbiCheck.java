package io.verbena.ffi;

/**
 * One thing that the bindings believe of a C header.
 *
 * @param what names it in a failure, such as {@code offset of struct ibv_wc.status}
 * @param expression is an integer in C
 * @param expected is its value according to the bindings
 */
record AbiCheck(String what, String expression, long expected) {}
