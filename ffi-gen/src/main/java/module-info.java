/** Native bindings of Verbena: jextract's output and the little that it cannot generate. */
@SuppressWarnings("module") // io.verbena is built after this module
module io.verbena.ffi {
  requires static org.jspecify;

  exports io.verbena.ffi to
      io.verbena;
  exports io.verbena.ffi.verbs to
      io.verbena;
  exports io.verbena.ffi.rdmacm to
      io.verbena;
  exports io.verbena.ffi.libc to
      io.verbena;
  exports io.verbena.ffi.pmix to
      io.verbena;
}
