package io.verbena.lane.rdma;

import io.verbena.lane.KernelFiles;
import java.io.IOException;
import java.util.BitSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How far adapters are from the processors that this process may run on. */
public final class NumaDistance {
  /** What ACPI says of a node and itself. */
  static final int NEAR = 10;

  private static final int FARTHEST = 255;

  /** More processors than any kernel knows. */
  private static final int MOST = 1 << 16;

  private static final String NODES = "/sys/devices/system/node";

  private static final Pattern NODE = Pattern.compile("node(\\d{1,6})");

  private final KernelFiles files;

  /**
   * Reads the files when it is asked.
   *
   * @param files the kernel's
   */
  public NumaDistance(KernelFiles files) {
    this.files = files;
  }

  /** Of this machine. */
  static NumaDistance ofMachine() {
    return new NumaDistance(KernelFiles.ofMachine());
  }

  /** From a node to the nearest one with a processor of ours; unknown ones are near. */
  public int of(int node) {
    if (node < 0) {
      return NEAR;
    }
    try {
      BitSet ours = allowedProcessors();
      String[] distances =
          files.text("%s/node%d/distance".formatted(NODES, node)).trim().split("\\s+", -1);
      int nearest = FARTHEST;
      int at = 0;
      // The line has a number for each node that is there, in their order.
      for (int each : numbers()) {
        String processors = files.text("%s/node%d/cpulist".formatted(NODES, each));
        if (parse(processors).intersects(ours) && at < distances.length) {
          nearest = Math.min(nearest, Integer.parseInt(distances[at]));
        }
        at++;
      }
      return nearest == FARTHEST ? NEAR : nearest;
    } catch (IOException | IllegalArgumentException e) {
      return NEAR;
    }
  }

  private int[] numbers() throws IOException {
    BitSet numbers = new BitSet();
    for (String each : files.list(NODES)) {
      Matcher node = NODE.matcher(each);
      if (node.matches()) {
        numbers.set(requireSmall(Integer.parseInt(node.group(1))));
      }
    }
    return numbers.stream().toArray();
  }

  private BitSet allowedProcessors() throws IOException {
    String list = null;
    for (String line : files.text("/proc/self/status").lines().toList()) {
      if (line.startsWith("Cpus_allowed_list:")) {
        list = line.substring(line.indexOf(':') + 1);
      }
    }
    return parse(list);
  }

  private static int requireSmall(int number) {
    if (number > MOST) {
      throw new IllegalArgumentException("no node: " + number);
    }
    return number;
  }

  /** The kernel's way to write sets: {@code 0-3,8}. */
  static BitSet parse(@Nullable String list) {
    BitSet set = new BitSet();
    if (list == null || list.isBlank()) {
      return set;
    }
    for (String part : list.trim().split(",", -1)) {
      int dash = part.indexOf('-');
      int first = Integer.parseInt(dash < 0 ? part : part.substring(0, dash));
      int last = dash < 0 ? first : Integer.parseInt(part.substring(dash + 1));
      if (first < 0 || last < first || last > MOST) {
        throw new IllegalArgumentException("no set: " + list);
      }
      set.set(first, last + 1);
    }
    return set;
  }
}
