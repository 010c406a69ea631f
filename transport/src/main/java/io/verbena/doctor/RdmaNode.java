package io.verbena.doctor;

import io.verbena.lane.rdma.NumaDistance;
import io.verbena.lane.rdma.RdmaPort;
import io.verbena.verbs.Device;
import io.verbena.verbs.Gid;
import io.verbena.verbs.GidEntry;
import io.verbena.verbs.GidType;
import io.verbena.verbs.LinkLayer;
import io.verbena.verbs.NodeType;
import io.verbena.verbs.PortAttributes;
import io.verbena.verbs.PortState;
import io.verbena.verbs.TransportType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An RDMA device as the kernel's files show it: the same that the library tells of it, but without
 * the library, and so for a folder of files too.
 *
 * @param device its name and kind
 * @param driver the driver of the PCI function behind it; of software the network interface that it
 *     sends through; or empty
 * @param isSoftware whether there is no hardware behind it
 * @param verbsNode the name of its character device, {@code uverbs0}; empty if it has none
 * @param ports its ports
 */
record RdmaNode(
    Device device, String driver, boolean isSoftware, String verbsNode, List<RdmaPort> ports) {
  static final String FOLDER = "/sys/class/infiniband";
  static final String VERBS = "/sys/class/infiniband_verbs";

  private static final int GROUPS = 8;

  String name() {
    return device.name();
  }

  /** Where the kernel tells about a port. */
  static String folder(RdmaPort port) {
    return "%s/%s/ports/%d".formatted(FOLDER, port.device(), port.attributes().number());
  }

  static List<RdmaNode> list(HostFiles files) {
    List<RdmaNode> found = new ArrayList<>();
    for (String name : files.list(FOLDER)) {
      found.add(read(files, name));
    }
    return List.copyOf(found);
  }

  private static RdmaNode read(HostFiles files, String name) {
    String folder = FOLDER + '/' + name;
    NodeType type = NodeType.of(Numbers.code(files.text(folder + "/node_type")));
    var device = new Device(name, 0, type, transport(type));
    boolean isSoftware = !files.exists(folder + "/device");
    String driver =
        isSoftware ? files.text(folder + "/parent") : files.link(folder + "/device/driver");
    int numaNode = Numbers.parse(files.text(folder + "/device/numa_node"), -1);
    int distance = new NumaDistance(files).of(numaNode);
    List<RdmaPort> ports = new ArrayList<>();
    for (String port : files.list(folder + "/ports")) {
      int number = Numbers.parse(port, 0);
      if (number > 0 && number < 256) {
        ports.add(port(files, name, number, distance));
      }
    }
    return new RdmaNode(
        device, Evidence.printable(driver), isSoftware, verbsNode(files, name), ports);
  }

  /** As libibverbs concludes from the node. */
  private static TransportType transport(NodeType type) {
    return switch (type) {
      case CHANNEL_ADAPTER, SWITCH, ROUTER -> TransportType.INFINIBAND;
      case IWARP_ADAPTER -> TransportType.IWARP;
      case USNIC -> TransportType.USNIC;
      case USNIC_UDP -> TransportType.USNIC_UDP;
      case UNSPECIFIED -> TransportType.UNSPECIFIED;
      case UNKNOWN -> TransportType.UNKNOWN;
    };
  }

  private static String verbsNode(HostFiles files, String name) {
    for (String each : files.list(VERBS)) {
      if (files.text(VERBS + '/' + each + "/ibdev").equals(name)) {
        return each;
      }
    }
    return "";
  }

  private static RdmaPort port(HostFiles files, String device, int number, int distance) {
    String folder = "%s/%s/ports/%d".formatted(FOLDER, device, number);
    boolean isEthernet = files.text(folder + "/link_layer").equals("Ethernet");
    String rate = files.text(folder + "/rate");
    List<String> gidNames = files.list(folder + "/gids");
    List<GidEntry> gids = new ArrayList<>();
    for (String each : gidNames) {
      GidEntry entry = gid(files, folder, each, isEthernet);
      if (entry != null) {
        gids.add(entry);
      }
    }
    List<Integer> pkeys =
        files.list(folder + "/pkeys").stream()
            .map(each -> Numbers.parse(files.text(folder + "/pkeys/" + each), 0) & 0xffff)
            .toList();
    var attributes =
        new PortAttributes(
            number,
            state(Numbers.code(files.text(folder + "/state"))),
            isEthernet ? LinkLayer.ETHERNET : LinkLayer.INFINIBAND,
            0,
            0,
            0,
            Numbers.parse(files.text(folder + "/lid"), 0),
            Numbers.parse(files.text(folder + "/lid_mask_count"), 0),
            Numbers.parse(files.text(folder + "/sm_lid"), 0),
            gidNames.size(),
            pkeys.size(),
            Numbers.lanes(rate),
            Numbers.laneMegabitsPerSecond(rate),
            false);
    return new RdmaPort(device, attributes, gids, pkeys, distance);
  }

  private static PortState state(int code) {
    PortState[] states = PortState.values();
    return code >= 0 && code < states.length ? states[code] : PortState.UNKNOWN;
  }

  private static @Nullable GidEntry gid(
      HostFiles files, String folder, String name, boolean isEthernet) {
    int index = Numbers.parse(name, -1);
    Gid gid = gid(files.text(folder + "/gids/" + name));
    if (index < 0 || gid == null || gid.isZero()) {
      return null;
    }
    String type = files.text(folder + "/gid_attrs/types/" + name);
    GidType usual = isEthernet ? GidType.ROCE_V1 : GidType.INFINIBAND;
    String nic = files.text(folder + "/gid_attrs/ndevs/" + name);
    int nicIndex =
        nic.isEmpty() || nic.contains("/")
            ? 0
            : Numbers.parse(files.text("/sys/class/net/" + nic + "/ifindex"), 0);
    return new GidEntry(index, gid, type.equals("RoCE v2") ? GidType.ROCE_V2 : usual, nicIndex);
  }

  /** Eight groups of four digits; null if it is anything else. */
  static @Nullable Gid gid(String text) {
    String[] groups = text.split(":", -1);
    if (groups.length != GROUPS) {
      return null;
    }
    long[] halves = new long[2];
    for (int i = 0; i < GROUPS; i++) {
      if (!groups[i].matches("[0-9a-fA-F]{4}")) {
        return null;
      }
      halves[i / 4] = halves[i / 4] << 16 | Integer.parseInt(groups[i], 16);
    }
    return new Gid(halves[0], halves[1]);
  }
}
