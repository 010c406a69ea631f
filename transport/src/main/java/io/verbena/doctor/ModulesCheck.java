package io.verbena.doctor;

import io.verbena.cause.Cause;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whether programs get at the devices: the kernel's modules, and the nodes in /dev. */
final class ModulesCheck implements Check {
  static final String NODES = "/dev/infiniband";
  private static final String MANAGER = NODES + "/rdma_cm";

  private static final String MANAGER_DEVICE = "/sys/class/misc/rdma_cm";

  private static final String CONTAINER = "Start the container with " + Cause.CONTAINER;

  @Override
  public Finding look(Host host) {
    Notes notes = new Notes("modules", "Modules and nodes");
    HostFiles files = host.files();
    for (String module : List.of("ib_uverbs", "rdma_ucm")) {
      notes.saw("/sys/module/" + module, has(files, module) ? "(loaded)" : "(absent)");
    }
    if (host.nodes().isEmpty()) {
      return notes.notApplicable("There is no RDMA device that a module could show to programs.");
    }
    boolean usable = false;
    List<Finding> problems = new ArrayList<>();
    for (RdmaNode node : host.nodes()) {
      Finding problem = problem(host, node, notes);
      if (problem == null) {
        usable = true;
      } else {
        problems.add(problem);
      }
    }
    boolean hasManager = files.exists(MANAGER) && files.openProblem(MANAGER).isEmpty();
    notes.saw(MANAGER, state(files, MANAGER));
    if (!problems.isEmpty()) {
      Finding first = problems.getFirst();
      return notes.finding(usable ? Severity.WARN : Severity.FAIL, first.message(), first.cure());
    }
    if (hasManager) {
      return notes.ok("The modules are loaded, and this user may open the devices.");
    }
    return notes.warn(
        "There is no rdma_cm for this user: Verbena's messages do without it, io.verbena.rdmacm"
            + " does not.",
        files.exists(MANAGER)
            ? access(host, MANAGER, MANAGER_DEVICE, files.openProblem(MANAGER))
            : withoutManager(host));
  }

  private static String withoutManager(Host host) {
    if (!host.platform().container()) {
      return "modprobe rdma_ucm";
    }
    return has(host.files(), "rdma_ucm")
        ? CONTAINER
        : "On the host, not in the container: modprobe rdma_ucm";
  }

  private static boolean has(HostFiles files, String module) {
    return files.exists("/sys/module/" + module);
  }

  /** The rights of a node, and whether they are for this user. */
  static String state(HostFiles files, String path) {
    if (!files.exists(path)) {
      return "(absent)";
    }
    String problem = files.openProblem(path);
    return files.rights(path) + (problem.isEmpty() ? "" : ", not for this user: " + problem);
  }

  private static @Nullable Finding problem(Host host, RdmaNode node, Notes notes) {
    HostFiles files = host.files();
    if (node.verbsNode().isEmpty()) {
      notes.saw(RdmaNode.VERBS, "(none for " + node.name() + ')');
      return unshown(host, node, notes);
    }
    String path = NODES + '/' + node.verbsNode();
    notes.saw(path, state(files, path));
    if (!files.exists(path)) {
      return notes.fail(
          "%s is there, but its node %s is not.".formatted(node.name(), path),
          host.platform().container()
              ? CONTAINER
              : "udevadm trigger --subsystem-match=infiniband_verbs # in a container: start it with"
                  + " --device=/dev/infiniband");
    }
    String why = files.openProblem(path);
    if (why.isEmpty()) {
      return null;
    }
    return notes.fail(
        why.equals(HostFiles.DENIED)
            ? "This user may not open %s, the node of %s.".formatted(path, node.name())
            : "%s, the node of %s, cannot be opened: %s.".formatted(path, node.name(), why),
        access(host, path, RdmaNode.VERBS + '/' + node.verbsNode(), why));
  }

  private static Finding unshown(Host host, RdmaNode node, Notes notes) {
    String words = "The kernel does not show %s to programs: ib_uverbs ".formatted(node.name());
    if (has(host.files(), "ib_uverbs")) {
      return notes.fail(
          words + "is loaded, but does not serve it.",
          "Look at what the kernel says of the device (dmesg): its driver has to serve programs.");
    }
    return notes.fail(
        words + "is not loaded.",
        host.platform().container()
            ? "On the host, not in the container: modprobe -a ib_uverbs rdma_ucm"
            : "modprobe -a ib_uverbs rdma_ucm");
  }

  /**
   * What helps who cannot open a node.
   *
   * @param device the kernel's folder of the device that the node is for
   * @param why as {@link HostFiles#openProblem} says it: but for missing rights in the words of the
   *     user's language, so that nothing follows from them
   */
  static String access(Host host, String path, String device, String why) {
    if (why.equals(HostFiles.DENIED)) {
      return rights(host, path);
    }
    // Nobody but a cgroup forbids what the rights allow, as long as the device is there.
    return host.files().exists(device)
        ? ("Put it into the cgroup's list of devices: by --device=/dev/infiniband for a container, by"
                + " DeviceAllow=%s rw in a systemd unit. If it is there, look what dmesg says of the"
                + " device.")
            .formatted(path)
        : "udevadm trigger --subsystem-match=infiniband_verbs # or look what dmesg says of it";
  }

  private static String rights(Host host, String path) {
    String[] rights = host.files().rights(path).split(" ", -1);
    boolean group = rights.length == 3 && rights[0].startsWith("rw", 3);
    return group && !rights[2].equals("root")
        ? "usermod -aG %s $USER # then log in again".formatted(rights[2])
        : "chmod 0666 %s # a udev rule makes it last".formatted(path);
  }
}
