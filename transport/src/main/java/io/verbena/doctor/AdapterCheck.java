package io.verbena.doctor;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Whether there is anything on the PCI bus, or in software, that speaks RDMA. */
final class AdapterCheck implements Check {
  private static final String VMBUS = "/sys/bus/vmbus/devices";

  private static final String SOFT_ROCE = "/sys/module/rdma_rxe";

  /** Hyper-V's RDMA without SR-IOV, HV_ND_GUID of {@code linux/hyperv.h}. */
  private static final String NETWORK_DIRECT = "8c2eaf3d-32a7-4b09-ab99-bd1f1c86b501";

  /** Family, processors, perhaps those that are left, features, accelerator, version. */
  private static final Pattern SIZE =
      Pattern.compile("Standard_[A-Z]+\\d+(?:-\\d+)?([a-z]*)(?:_.*)?");

  /** Those whose RDMA is no SR-IOV. */
  private static final Pattern NETWORK_DIRECT_SIZE =
      Pattern.compile("Standard_(A8|A9|H16m?r|NC24r)(_Promo)?");

  private static final String AZURE_CURE =
      "Choose an RDMA-capable size with SR-IOV: the H series, or an N-series size with an r in"
          + " its name.";

  @Override
  public Finding look(Host host) {
    Notes notes = new Notes("adapter", "RDMA-capable VM size, SR-IOV");
    for (PciAdapter each : host.adapters()) {
      notes.saw(PciAdapter.FOLDER + '/' + each.address(), each.numbers() + ' ' + each.kind());
    }
    List<RdmaNode> software = host.nodes().stream().filter(RdmaNode::isSoftware).toList();
    for (RdmaNode each : software) {
      notes.saw(RdmaNode.FOLDER + '/' + each.name(), "software, over " + each.driver());
    }
    boolean lacksRdma =
        software.size() == host.nodes().size()
            && host.adapters().stream().allMatch(each -> each.lacksRdma(host.files()));
    if (!host.adapters().isEmpty() && !(lacksRdma && !software.isEmpty())) {
      if (host.platform().azure() && !host.hasInfiniband() && software.isEmpty()) {
        return notes.fail(
            "This size has no InfiniBand: its adapter is the %s one of Accelerated Networking, over"
                    .formatted(host.adapters().getFirst().kind())
                + " which Azure carries no RDMA.",
            AZURE_CURE);
      }
      if (lacksRdma) {
        PciAdapter first = host.adapters().getFirst();
        return notes.fail(first.withoutRdma(), first.withRdma());
      }
      return notes.ok(
          "There %s: %s."
              .formatted(
                  host.adapters().size() == 1 ? "is an adapter" : "are adapters",
                  host.adapters().stream()
                      .map(each -> each.kind() + " at " + each.address())
                      .collect(Collectors.joining(", "))));
    }
    if (!software.isEmpty()) {
      return notes.ok(
          "There is RDMA in software, which needs no adapter: %s."
              .formatted(software.stream().map(RdmaNode::name).collect(Collectors.joining(", "))));
    }
    int functions = host.files().list(PciAdapter.FOLDER).size();
    notes.saw(
        PciAdapter.FOLDER,
        functions == 0
            ? "(none)"
            : functions
                + " functions, none of Mellanox (0x15b3) or MANA (0x1414:0x00ba), none with a driver"
                + " that has a part for RDMA: "
                + String.join(" ", PciAdapter.drivers()));
    return absent(host, notes);
  }

  private static Finding absent(Host host, Notes notes) {
    for (String each : host.files().list(VMBUS)) {
      if (host.files().text(VMBUS + '/' + each + "/class_id").contains(NETWORK_DIRECT)) {
        notes.saw(VMBUS + '/' + each + "/class_id", NETWORK_DIRECT);
        return withoutVerbs("This size", notes);
      }
    }
    if (host.platform().azure()) {
      return ofAzure(host, notes);
    }
    boolean hasSoftRoce = host.files().exists(SOFT_ROCE);
    notes.saw(SOFT_ROCE, hasSoftRoce ? "(loaded)" : "(absent)");
    if (hasSoftRoce) {
      String nic = host.tcpInterface();
      return notes.fail(
          "This machine has no RDMA adapter, and soft-RoCE, which is loaded, has no device.",
          "rdma link add rxe0 type rxe netdev " + (nic.isEmpty() ? "eth0" : nic));
    }
    return notes.fail(
        "This machine has no RDMA adapter.",
        "Use a machine that has one. To try RDMA out on this one, ./verbena testbed has soft-RoCE"
            + " in a guest.");
  }

  private static Finding withoutVerbs(String size, Notes notes) {
    return notes.fail(
        size + " has RDMA by NetworkDirect without SR-IOV, which Linux has no verbs for.",
        AZURE_CURE);
  }

  private static Finding ofAzure(Host host, Notes notes) {
    String size = host.options().metadata().map(InstanceMetadata::machineSize).orElse("");
    if (NETWORK_DIRECT_SIZE.matcher(size).matches()) {
      return withoutVerbs("The size " + size, notes);
    }
    Optional<Boolean> capable = isRdmaCapable(size);
    if (capable.isEmpty()) {
      return notes.fail(
          "There is no RDMA adapter: this size has no InfiniBand, or is not SR-IOV.", AZURE_CURE);
    }
    return capable.get()
        ? notes.fail(
            "The size %s has RDMA, but there is no adapter: it was not handed to this machine."
                .formatted(size),
            "Deallocate the virtual machine and start it again; if there is still no adapter, ask"
                + " Azure's support.")
        : notes.fail(
            "There is no RDMA adapter: %s is not an RDMA-capable size.".formatted(size),
            AZURE_CURE);
  }

  /** Whether a size of Azure has RDMA, by the r among its features; empty for other names. */
  static Optional<Boolean> isRdmaCapable(String size) {
    if (NETWORK_DIRECT_SIZE.matcher(size).matches()) {
      return Optional.of(true);
    }
    Matcher parts = SIZE.matcher(size);
    return parts.matches() ? Optional.of(parts.group(1).contains("r")) : Optional.empty();
  }
}
