package io.verbena.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs perftest's programs, a server and a client each time, on one port of this machine. */
final class Perftest {
  private static final Pattern INLINE = Pattern.compile("Max inline data\\s*:\\s*(\\d+)");

  private final RdmaPort port;

  /**
   * What a run printed.
   *
   * @param command what was run, for both the server and (with an address added) the client
   * @param text all of the client's output
   */
  record Output(String command, String text) {
    /** The line of numbers below the last heading. */
    String numbers() throws IOException {
      String line = "";
      boolean heading = false;
      for (String each : text.lines().toList()) {
        if (heading && !each.isBlank()) {
          line = each.trim();
          heading = false;
        }
        heading |= each.trim().startsWith("#bytes");
      }
      if (line.isEmpty() || !Character.isDigit(line.charAt(0))) {
        throw new IOException(command + " printed no result: " + text.strip());
      }
      return line;
    }

    private double number(int column) throws IOException {
      return Double.parseDouble(numbers().split("\\s+", -1)[column]);
    }

    /** Of a latency program: #bytes #iterations t_min t_max t_typical t_avg t_stdev 99% 99.9%. */
    Latencies latencies() throws IOException {
      return new Latencies(number(4), number(5), number(7));
    }

    /** Of a bandwidth program: #bytes #iterations peak average (MiB a second) rate (millions). */
    double mebibytesPerSecond() throws IOException {
      return number(3);
    }

    /** The last of these columns. */
    double messagesPerSecond() throws IOException {
      return number(4) * 1e6;
    }

    /** The longest message that the program would have sent inline. */
    int inlineBytes() {
      Matcher matcher = INLINE.matcher(text);
      return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
    }
  }

  Perftest(RdmaPort port) throws PrerequisiteException {
    this.port = port;
    for (PerftestCase each : PerftestCase.values()) {
      if (!ProgramPair.isInstalled(each.program())) {
        throw new PrerequisiteException(
            each.program()
                + " is missing: install perftest, on Debian with apt-get install perftest");
      }
    }
  }

  /** Runs a case. */
  Output run(PerftestCase wanted, int exchanges) throws IOException {
    int tcpPort = ProgramPair.freePort();
    List<String> command = new ArrayList<>(List.of(wanted.program(), "--CPU-freq"));
    command.addAll(List.of("--ib-dev", port.device()));
    command.addAll(List.of("--ib-port", Integer.toString(port.number())));
    command.addAll(List.of("--gid-index", Integer.toString(port.gidIndex())));
    command.addAll(List.of("--iters", Integer.toString(exchanges)));
    command.addAll(wanted.options());
    command.addAll(List.of("--port", Integer.toString(tcpPort)));
    List<String> calling = new ArrayList<>(command);
    calling.add(InetAddress.getLoopbackAddress().getHostAddress());
    return new Output(
        String.join(" ", command), ProgramPair.run(command, calling, Map.of(), tcpPort));
  }
}
