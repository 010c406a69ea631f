package io.verbena.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Where a measurement was made, as far as it matters to whoever reads the numbers.
 *
 * @param processor what the kernel calls it
 * @param cores how many of them
 * @param virtual whether under a hypervisor
 * @param kernel name and version
 * @param java version of the JVM
 * @param load how many threads wanted a processor in the minute before, on average; with more than
 *     cores to spare, numbers are noise
 */
record Machine(
    String processor, int cores, boolean virtual, String kernel, String java, double load) {
  static Machine current() {
    String cpu = cpuInfo();
    return new Machine(
        field(cpu, "model name"),
        Runtime.getRuntime().availableProcessors(),
        field(cpu, "flags").contains("hypervisor"),
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  private static String cpuInfo() {
    try {
      return Files.readString(Path.of("/proc/cpuinfo"));
    } catch (IOException e) {
      return "";
    }
  }

  private static String field(String cpu, String name) {
    return cpu.lines()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(line.indexOf(':') + 1).trim())
        .findFirst()
        .orElse("unknown " + System.getProperty("os.arch"));
  }

  /**
   * Whether others use so much of the processors that the measurement will have to wait for them.
   */
  boolean isBusy() {
    return load > cores / 2.0;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s, %d cores%s, %s, %s, load %.1f",
        processor,
        cores,
        virtual ? " (virtual)" : "",
        kernel,
        java,
        load);
  }
}
