/**
 * RDMA for Java: verbs ({@link io.verbena.verbs}), connections by IP address ({@link
 * io.verbena.rdmacm}), memory that a network adapter can reach ({@link io.verbena.memory}),
 * messages over RDMA or TCP ({@link io.verbena}) and collectives ({@link io.verbena.collective}).
 *
 * <p>Start {@code java} with {@code --enable-native-access=io.verbena.ffi}, or with {@code
 * --enable-native-access=ALL-UNNAMED} when Verbena is on the class path.
 */
module io.verbena {
  requires io.verbena.ffi;
  requires static jdk.incubator.vector;
  requires jdk.jfr;
  requires org.slf4j;
  requires transitive io.netty.buffer;
  requires transitive io.netty.common;
  requires static transitive org.jspecify;

  exports io.verbena;
  exports io.verbena.collective;
  exports io.verbena.doctor;
  exports io.verbena.memory;
  exports io.verbena.rdmacm;
  exports io.verbena.verbs;
}
