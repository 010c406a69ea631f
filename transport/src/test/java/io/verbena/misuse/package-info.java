/**
 * Tries to crash the JVM through the public API, in a process of its own: {@link
 * io.verbena.misuse.MisuseTest} starts {@link io.verbena.misuse.MisuseProgram}, which carries out
 * random {@link io.verbena.misuse.Action}s on the objects of a {@link io.verbena.misuse.World} and
 * then compares its {@link io.verbena.misuse.Holdings} with those before. For a new kind of object,
 * add actions: one that makes it, and those that use it; closing comes by itself.
 */
package io.verbena.misuse;
