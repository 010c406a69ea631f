package io.verbena.doctor;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Whether each adapter has its driver, and the driver has made an RDMA device of it. */
final class DriverCheck implements Check {
  private static final String TITLE = "Device without driver";

  @Override
  public Finding look(Host host) {
    Notes notes = new Notes("driver", TITLE);
    if (!host.hasHardwareOrDevice()) {
      return notes.notApplicable("There is no device that could want a driver.");
    }
    for (PciAdapter each : host.adapters()) {
      notes.saw(
          PciAdapter.FOLDER + '/' + each.address() + "/driver",
          each.driver().isEmpty() ? "(absent)" : each.driver());
    }
    notes.saw(
        RdmaNode.FOLDER,
        host.nodes().isEmpty()
            ? "(empty)"
            : host.nodes().stream().map(RdmaNode::name).collect(Collectors.joining(" ")));
    List<PciAdapter> idle =
        host.adapters().stream().filter(each -> each.rdmaDevices().isEmpty()).toList();
    if (host.adapters().isEmpty()) {
      return notes.ok("None: RDMA in software needs no driver of an adapter.");
    }
    if (idle.isEmpty()) {
      return notes.ok("None: all adapters have their drivers and are RDMA devices.");
    }
    PciAdapter first =
        idle.stream()
            .min(
                Comparator.comparing((PciAdapter each) -> !each.isInfiniband())
                    .thenComparing(each -> each.lacksRdma(host.files())))
            .orElseThrow();
    if (host.nodes().isEmpty() && first.lacksRdma(host.files())) {
      return notes.fail(first.withoutRdma(), first.withRdma());
    }
    if (host.nodes().isEmpty()) {
      return notes.fail(words(first), cure(host, first));
    }
    if (first.isInfiniband() && !host.hasInfinibandPort() && host.platform().azure()) {
      return notes.fail(words(first), cure(host, first));
    }
    // The Ethernet function of accelerated networking needs no RDMA beside InfiniBand's.
    return first.isInfiniband()
        ? notes.warn(words(first), cure(host, first))
        : notes.ok(
            "None that is needed: the Ethernet adapter at %s is no RDMA device, another one is."
                .formatted(first.address()));
  }

  private static String words(PciAdapter adapter) {
    String what = "The %s adapter at %s".formatted(adapter.kind(), adapter.address());
    if (adapter.driver().isEmpty()) {
      return what + " has no driver.";
    }
    return adapter.driver().startsWith("vfio") || adapter.driver().startsWith("uio")
        ? "%s is given to another program, by the driver %s.".formatted(what, adapter.driver())
        : "%s has the driver %s, but is no RDMA device.".formatted(what, adapter.driver());
  }

  private static String cure(Host host, PciAdapter adapter) {
    String modprobe = "modprobe -a " + adapter.modules() + " ib_uverbs rdma_ucm";
    if (adapter.driver().startsWith("vfio") || adapter.driver().startsWith("uio")) {
      return "Give the adapter back to the kernel: driverctl unset-override " + adapter.address();
    }
    if (host.platform().container()) {
      return "On the host, not in the container: " + modprobe;
    }
    return host.platform().azure()
        ? modprobe
            + " # if there are no such modules: use an HPC image, which has the drivers, or the"
            + " InfiniBandDriverLinux extension where it lists the distribution and the card, or"
            + " DOCA-OFED"
        : modprobe
            + " # if there are no such modules: install the distribution's, or the vendor's"
            + (adapter.isMellanox() ? " (DOCA-OFED)" : "");
  }
}
