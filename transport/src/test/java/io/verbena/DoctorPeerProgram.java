package io.verbena;

import io.verbena.doctor.DoctorOptions;
import io.verbena.doctor.DoctorServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;

/** A doctor that serves, on a host of its own. */
final class DoctorPeerProgram {
  private DoctorPeerProgram() {}

  /**
   * Serves until it is killed.
   *
   * @param args the port to listen on
   */
  public static void main(String... args) throws IOException, InterruptedException {
    var address = new InetSocketAddress(Integer.parseInt(args[0]));
    try (var _ =
        DoctorServer.open(DoctorOptions.defaults(), address, visit -> System.out.println(visit))) {
      new CountDownLatch(1).await();
    }
  }
}
