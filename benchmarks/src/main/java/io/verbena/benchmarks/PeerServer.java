package io.verbena.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The other process of a conversation; with the argument {@code rdma}, of those that need an
 * adapter. Says its ports on standard output and waits for its clients. Then each line of standard
 * input, a side, what to do, a length and a number, makes it do that with one side, and answer
 * {@code done} when it has. In between it sleeps, so that the sides that are not being measured
 * take no processor time.
 */
final class PeerServer {
  static final String ECHO = "echo";
  static final String SINK = "sink";
  static final String DONE = "done";
  static final String RDMA = "rdma";

  private PeerServer() {}

  /** Runs until standard input ends. */
  @SuppressWarnings("SystemOut")
  public static void main(String... arguments) throws IOException {
    try (SideSet sides = List.of(arguments).contains(RDMA) ? new RdmaSides() : new Sides()) {
      sides.listen(System.out::println);
      BufferedReader orders =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
      for (String order = orders.readLine(); order != null; order = orders.readLine()) {
        obey(sides, order.split(" ", -1));
        System.out.println(DONE);
      }
    }
  }

  private static void obey(SideSet sides, String... order) throws IOException {
    Side side = sides.get(SideKind.valueOf(order[0]));
    int bytes = Integer.parseInt(order[2]);
    switch (order[1]) {
      case ECHO -> side.echo(bytes);
      case SINK -> side.sink(bytes, Integer.parseInt(order[3]));
      default -> throw new IOException("not to be done: " + order[1]);
    }
  }
}
