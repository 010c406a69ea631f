package io.verbena.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A PCI function that is, or could be, an RDMA device.
 *
 * @param address as in {@code 0001:00:02.0}
 * @param vendor the vendor's number
 * @param device the vendor's number for it
 * @param pciClass what kind of function it is
 * @param driver the kernel driver that has it, empty if none has
 * @param rdmaDevices the names of its RDMA devices
 */
record PciAdapter(
    String address, int vendor, int device, int pciClass, String driver, List<String> rdmaDevices) {
  static final String FOLDER = "/sys/bus/pci/devices";

  private static final int MELLANOX = 0x15b3;
  private static final int MICROSOFT = 0x1414;

  /** A virtual function; the others are what a host sees. */
  private static final Set<Integer> MANA = Set.of(0x00ba, 0x00b9, 0x00c1);

  /** Drivers of Ethernet adapters, and the module that makes RDMA devices of these. */
  private static final Map<String, String> ETHERNET =
      new TreeMap<>(Map.of("bnxt_en", "bnxt_re", "ice", "irdma", "qede", "qedr"));

  private static final Map<Integer, String> VENDORS =
      Map.of(MELLANOX, "NVIDIA (Mellanox) ", 0x8086, "Intel ", 0x14e4, "Broadcom ");

  /** Network controllers; of these 0x07 is InfiniBand, 0x00 Ethernet. */
  private static final int NETWORK = 0x02;

  private static final int INFINIBAND = 0x0207;

  static List<PciAdapter> list(HostFiles files) {
    List<PciAdapter> found = new ArrayList<>();
    for (String address : files.list(FOLDER)) {
      String folder = FOLDER + '/' + address;
      var adapter =
          new PciAdapter(
              address,
              Numbers.parse(files.text(folder + "/vendor"), -1),
              Numbers.parse(files.text(folder + "/device"), -1),
              Numbers.parse(files.text(folder + "/class"), -1),
              files.link(folder + "/driver"),
              files.list(folder + "/infiniband"));
      if (adapter.isKnown() || !adapter.rdmaDevices.isEmpty()) {
        found.add(adapter);
      }
    }
    return List.copyOf(found);
  }

  private boolean isKnown() {
    return (isMellanox() && pciClass >>> 16 == NETWORK) || isMana() || ETHERNET.containsKey(driver);
  }

  /** Drivers of Ethernet adapters that have a part for RDMA. */
  static Set<String> drivers() {
    return ETHERNET.keySet();
  }

  boolean isMellanox() {
    return vendor == MELLANOX;
  }

  boolean isMana() {
    return vendor == MICROSOFT && MANA.contains(device);
  }

  boolean isInfiniband() {
    return pciClass >>> 8 == INFINIBAND;
  }

  /** What it is, for people. */
  String kind() {
    if (isMana()) {
      return "Microsoft MANA";
    }
    return VENDORS.getOrDefault(vendor, "") + (isInfiniband() ? "InfiniBand" : "Ethernet");
  }

  /** Its numbers as {@code lspci -n} shows them. */
  String numbers() {
    return "%04x:%04x".formatted(vendor & 0xffff, device & 0xffff);
  }

  /**
   * Whether it is an Ethernet adapter for which the module for RDMA is loaded, and has made no
   * device: the driver has cards without RDMA, too, and cards that can be told to have none.
   */
  boolean lacksRdma(HostFiles files) {
    String module = ETHERNET.get(driver);
    return module != null && rdmaDevices.isEmpty() && files.exists("/sys/module/" + module);
  }

  /** What to say of one that {@linkplain #lacksRdma lacks RDMA}. */
  String withoutRdma() {
    return "The %s adapter at %s has no RDMA, or it is switched off in its firmware."
        .formatted(kind(), address);
  }

  /** What helps one that {@linkplain #lacksRdma lacks RDMA}. */
  String withRdma() {
    return "Switch RDMA on with the vendor's tool for the firmware or with devlink (devlink dev"
        + " param show pci/%s), if the card has it; else use an adapter that has."
            .formatted(address);
  }

  /** The kernel modules that make it an RDMA device. */
  String modules() {
    if (isMana()) {
      return "mana_ib";
    }
    String module = ETHERNET.get(driver);
    if (module != null) {
      return module;
    }
    // ConnectX-3 and its like, by the ids that mlx4_core of Linux lists; all later ones are mlx5.
    boolean old = isMellanox() && device >= 0x1002 && device <= 0x1010;
    return old ? "mlx4_ib" : "mlx5_ib";
  }
}
