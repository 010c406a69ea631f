package io.verbena.ffi;

/** Whether a native library can be called, or which sort of reason there is against it. */
public enum Availability {
  /** It can be called. */
  AVAILABLE,
  /** The bindings are for another operating system or processor, or the JVM has no linker. */
  WRONG_PLATFORM,
  /** Java was told to deny native access. */
  DENIED,
  /** The dynamic linker does not find it. */
  ABSENT,
  /** The dynamic linker finds it and cannot load it. */
  BROKEN,
  /** It lacks functions that the bindings call. */
  TOO_OLD
}
