package io.verbena.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A network on this machine that is so slow that processors hardly matter. Each process has a
 * network namespace of its own, with an adapter that sends at most so many bits a second and
 * receives as many, frame by frame; a bridge joins them. Namespaces and adapters have no names
 * outside: when the processes end, in whatever way, all of it is gone.
 */
final class SlowNetwork implements AutoCloseable {
  /** Of an adapter that has rested: one frame, more would be bytes that take no time. */
  private static final int BURST_BYTES = 1600;

  /** More than can ever be on its way: nothing is dropped. */
  private static final int QUEUE_BYTES = 64 << 20;

  private final int megabits;
  private final Process bridge;
  private final List<Process> members = new ArrayList<>();

  private SlowNetwork(int megabits, Process bridge) {
    this.megabits = megabits;
    this.bridge = bridge;
  }

  /**
   * Makes one without processes.
   *
   * @param megabits that an adapter sends in a second, and receives
   * @throws PrerequisiteException if something is missing, with the cure
   */
  static SlowNetwork open(int megabits) throws IOException {
    for (String program : List.of("ip", "tc")) {
      require(program, "iproute2");
    }
    for (String program : List.of("unshare", "nsenter")) {
      require(program, "util-linux");
    }
    // It ends when its standard input does, and so when this process does.
    Process bridge = start(List.of("sh", "-c", "echo here && exec cat"), Map.of());
    SlowNetwork network = new SlowNetwork(megabits, bridge);
    if (bridge.inputReader().readLine() == null) {
      String why = complaint(bridge);
      network.close();
      throw new PrerequisiteException(
          "no network namespace can be made (%s): run this as root, with sudo".formatted(why));
    }
    try {
      in(bridge, "ip link add name hub type bridge && ip link set dev hub up");
    } catch (IOException e) {
      network.close();
      throw e;
    }
    return network;
  }

  private static void require(String program, String distribution) throws PrerequisiteException {
    if (!ProgramPair.isInstalled(program)) {
      throw new PrerequisiteException(
          "%s is missing: install %s, on Debian with apt-get install %s"
              .formatted(program, distribution, distribution));
    }
  }

  /** The address of the process that is connected as the given number, from 0 on. */
  static String address(int number) {
    return "10.0.0." + (number + 1);
  }

  /** Starts a process in a namespace that has no adapter yet. */
  static Process start(List<String> command, Map<String, String> environment) throws IOException {
    List<String> whole = new ArrayList<>(List.of("unshare", "--net", "--"));
    whole.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(whole);
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** Gives a process its adapter; it must have said something, so as to be in its namespace. */
  void connect(int number, Process process) throws IOException {
    members.add(process);
    String shape =
        "root tbf rate %dmbit burst %d limit %d".formatted(megabits, BURST_BYTES, QUEUE_BYTES);
    in(
        bridge,
        """
        ip link add name port%1$d type veth peer name eth0 netns %2$d
        tc qdisc add dev port%1$d %3$s
        ip link set dev port%1$d master hub up
        """
            .formatted(number, process.pid(), shape));
    // An adapter sends one message after the other: a socket that takes a whole message at once
    // lets
    // the next one go beside it. Segments as long as the kernel likes them would hold up what the
    // peer sends, whose acknowledgements wait behind them. And what is late here is not lost.
    in(
        process,
        """
        ip link set dev lo up
        ip address add %s/24 dev eth0
        tc qdisc add dev eth0 %s
        ip link set dev eth0 gso_max_segs 1
        ip link set dev eth0 up
        echo 4096 16384 65536 > /proc/sys/net/ipv4/tcp_wmem
        echo 0 > /proc/sys/net/ipv4/tcp_early_retrans
        """
            .formatted(address(number), shape));
  }

  private static void in(Process member, String script) throws IOException {
    List<String> command =
        List.of("nsenter", "--net", "--target", Long.toString(member.pid()), "sh", "-euc", script);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = line(process.getInputStream());
    try {
      if (process.waitFor() != 0) {
        throw new IOException("the network cannot be made: " + said);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** What a process that has ended said of the reason, in one line. */
  static String complaint(Process process) throws IOException {
    return line(process.getErrorStream());
  }

  private static String line(InputStream in) throws IOException {
    String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    return text.replaceAll("\\s+", " ").strip();
  }

  /** How many segments were sent again so far, by all processes: 0 if nothing was lost. */
  long retransmitted() throws IOException {
    long sum = 0;
    for (Process member : members) {
      List<String> lines =
          Files.readAllLines(Path.of("/proc/%d/net/snmp".formatted(member.pid()))).stream()
              .filter(line -> line.startsWith("Tcp:"))
              .toList();
      int column = List.of(lines.getFirst().split(" ", -1)).indexOf("RetransSegs");
      sum += Long.parseLong(lines.getLast().split(" ", -1)[column]);
    }
    return sum;
  }

  @Override
  public void close() {
    bridge.destroy();
  }
}
