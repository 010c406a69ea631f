package io.verbena.misuse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What this process holds of the system.
 *
 * @param descriptors what its open descriptors point to
 * @param threads the names of its threads
 * @param pinnedKilobytes memory that is pinned because it is registered
 */
record Holdings(List<String> descriptors, List<String> threads, long pinnedKilobytes) {
  static Holdings now() throws IOException {
    return new Holdings(descriptorTargets(), threadNames(), pinned());
  }

  private static List<String> descriptorTargets() throws IOException {
    try (Stream<Path> list = Files.list(Path.of("/proc/self/fd"))) {
      return list.map(Holdings::target)
          // The one that lists the others.
          .filter(target -> !target.endsWith("/fd"))
          .map(target -> target.replaceAll("\\[\\d+]", "[]"))
          .sorted()
          .toList();
    }
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return "/gone/fd";
    }
  }

  private static List<String> threadNames() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        // Comes and goes with the processes that this class starts.
        .filter(name -> !name.equals("process reaper"))
        .sorted()
        .toList();
  }

  private static long pinned() throws IOException {
    return status("VmPin:");
  }

  /** Memory that this process has touched and no file is behind. */
  static long residentKilobytes() throws IOException {
    return status("RssAnon:");
  }

  private static long status(String field) throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith(field))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .sum();
    }
  }

  /** What is more or less than before. */
  String difference(Holdings before) {
    return "descriptors "
        + difference(descriptors, before.descriptors)
        + ", threads "
        + difference(threads, before.threads)
        + ", pinned "
        + pinnedKilobytes
        + " kB, before "
        + before.pinnedKilobytes;
  }

  private static String difference(List<String> now, List<String> before) {
    List<String> more = new ArrayList<>(now);
    before.forEach(more::remove);
    List<String> less = new ArrayList<>(before);
    now.forEach(less::remove);
    return "+" + more + " -" + less;
  }

  /**
   * How many objects the kernel's RDMA subsystem has for all processes: it knows which thread has
   * made each, but not for long. Nobody else makes any in the testbed's guest; elsewhere this is
   * empty.
   */
  static String rdmaObjects() throws IOException, InterruptedException {
    if (System.getenv("TESTBED_HOST") == null) {
      return "";
    }
    Process rdma = new ProcessBuilder("rdma", "resource", "show").redirectErrorStream(true).start();
    String said = new String(rdma.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (rdma.waitFor() != 0) {
      throw new IOException("rdma resource show: " + said);
    }
    return said;
  }
}
