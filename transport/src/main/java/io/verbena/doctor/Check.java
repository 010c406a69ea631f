package io.verbena.doctor;

/** Looks at one thing of a machine, and only looks. Whatever is there, it does not throw. */
interface Check {
  Finding look(Host host);
}
