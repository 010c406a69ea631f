package io.verbena.doctor;

import io.verbena.lane.Interfaces;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A network interface.
 *
 * @param name as in {@code ip link}
 * @param isIpoib whether it is IP over InfiniBand
 * @param isUp whether it carries packets
 * @param state what the kernel calls that
 * @param addresses its addresses; of files alone, what its routes tell of them
 */
record Network(String name, boolean isIpoib, boolean isUp, String state, List<String> addresses) {
  static final String FOLDER = "/sys/class/net";
  static final String ROUTES = "/proc/net/route";
  static final String IPV6 = "/proc/net/if_inet6";

  /** Flags of {@code linux/if.h}. */
  private static final int UP = 1;

  private static final String DEFAULT_ROUTE = "00000000";

  /**
   * All of them.
   *
   * @param known addresses of each; null if only files are looked at
   */
  static List<Network> list(HostFiles files, @Nullable Map<String, List<String>> known) {
    List<Network> found = new ArrayList<>();
    for (String name : files.list(FOLDER)) {
      String folder = FOLDER + '/' + name;
      String state = files.text(folder + "/operstate");
      int flags = Numbers.parse(files.text(folder + "/flags"), 0);
      // Drivers that do not tell leave it at "unknown"; then it counts whether it was brought up.
      boolean isUp = state.equals("up") || (state.equals("unknown") && (flags & UP) != 0);
      List<String> addresses =
          known == null ? routed(files, name) : known.getOrDefault(name, List.of());
      boolean isIpoib = Numbers.parse(files.text(folder + "/type"), -1) == Interfaces.INFINIBAND;
      found.add(new Network(name, isIpoib, isUp, Evidence.printable(state), addresses));
    }
    return List.copyOf(found);
  }

  /** An interface with a route has an address. */
  private static List<String> routed(HostFiles files, String name) {
    List<String> found = new ArrayList<>();
    for (String[] route : rows(files, ROUTES)) {
      if (route.length > 7 && route[0].equals(name) && !route[1].equals(DEFAULT_ROUTE)) {
        found.add("IPv4, network " + address(route[1]));
      }
    }
    for (String[] row : rows(files, IPV6)) {
      if (row.length > 5 && row[5].equals(name)) {
        found.add("IPv6 " + row[0]);
      }
    }
    return found;
  }

  /** Four bytes as a hexadecimal number of the machine's order. */
  private static String address(String hex) {
    if (!hex.matches("[0-9A-Fa-f]{8}")) {
      return hex;
    }
    int bytes = Integer.reverseBytes(Integer.parseUnsignedInt(hex, 16));
    return "%d.%d.%d.%d"
        .formatted(bytes >>> 24, bytes >>> 16 & 0xff, bytes >>> 8 & 0xff, bytes & 0xff);
  }

  private static List<String[]> rows(HostFiles files, String path) {
    return Arrays.stream(files.text(path).split("\n", -1))
        .map(line -> line.strip().split("\\s+", -1))
        .toList();
  }

  /** All of it but the name. */
  String words() {
    return "%s%s, %s"
        .formatted(
            isIpoib ? "IP over InfiniBand, " : "",
            state,
            addresses.isEmpty() ? "no address" : String.join(", ", addresses));
  }

  /** Whether TCP can go through it. */
  boolean isUsable() {
    return isUp && !addresses.isEmpty();
  }

  /**
   * What TCP would take: the interface that the configuration wants, else IP over InfiniBand, else
   * the interface of the default route, else the first that leads anywhere; or empty.
   */
  static String forTcp(DoctorOptions options, HostFiles files, List<Network> networks) {
    Optional<String> pinned = options.config().networkInterface();
    if (pinned.isPresent()) {
      return first(networks, each -> each.name.equals(pinned.get())).orElse("");
    }
    Optional<String> ipoib = first(networks, Network::isIpoib);
    return ipoib
        .or(
            () ->
                rows(files, ROUTES).stream()
                    .filter(route -> route.length > 7 && route[1].equals(DEFAULT_ROUTE))
                    .map(route -> Evidence.printable(route[0]))
                    .findFirst())
        .or(() -> first(networks, each -> !each.name.equals("lo")))
        .orElse("");
  }

  private static Optional<String> first(List<Network> networks, Predicate<Network> kind) {
    return networks.stream()
        .filter(each -> each.isUsable() && kind.test(each))
        .map(Network::name)
        .findFirst();
  }
}
