package io.verbena.doctor;

import io.verbena.lane.rdma.RdmaPort;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes an {@link Inventory}. */
final class StockTaking {
  /** Its name and its version: {@code libibverbs.so.1.14.44.0}. */
  private static final List<String> LIBRARIES = List.of("libibverbs.so.1", "librdmacm.so.1");

  private static final List<String> MODULES =
      List.of(
          "ib_core",
          "ib_uverbs",
          "rdma_ucm",
          "rdma_cm",
          "ib_ipoib",
          "mlx5_core",
          "mlx5_ib",
          "mlx4_ib",
          "mana_ib",
          "rdma_rxe",
          "siw");

  private final Host host;
  private final HostFiles files;
  private List<Evidence> entries = new ArrayList<>();

  StockTaking(Host host) {
    this.host = host;
    this.files = host.files();
  }

  Inventory take() {
    return new Inventory(
        List.of(
            section("System", this::system),
            section("Adapters", this::adapters),
            section("RDMA devices", this::devices),
            section("Libraries", this::libraries),
            section("Modules and nodes", this::modules),
            section("Network interfaces", this::networks),
            section("Limits", this::limits),
            section("Java", this::java)));
  }

  private Inventory.Section section(String title, Runnable look) {
    entries = new ArrayList<>();
    look.run();
    return new Inventory.Section(title, entries);
  }

  private void saw(String source, Object value) {
    entries.add(new Evidence(source, String.valueOf(value)));
  }

  private void read(String path) {
    saw(path, files.read(path).shown());
  }

  /** Only if it is there. */
  private void readPresent(String path) {
    if (files.exists(path)) {
      read(path);
    }
  }

  private void system() {
    read("/proc/sys/kernel/osrelease");
    saw(Platform.RELEASE, host.platform().distribution());
    readPresent(Platform.VENDOR);
    readPresent(Platform.PRODUCT);
    readPresent(Platform.ASSET_TAG);
    if (host.platform().container()) {
      saw("container", "yes");
    }
  }

  private void adapters() {
    for (PciAdapter each : host.adapters()) {
      saw(
          each.address(),
          "%s %s, driver %s, RDMA devices %s"
              .formatted(each.numbers(), each.kind(), none(each.driver()), each.rdmaDevices()));
    }
  }

  private static String none(String text) {
    return text.isEmpty() ? "none" : text;
  }

  private void devices() {
    for (RdmaNode node : host.nodes()) {
      String folder = RdmaNode.FOLDER + '/' + node.name();
      for (String name : List.of("node_type", "fw_ver", "hca_type", "board_id", "node_guid")) {
        readPresent(folder + '/' + name);
      }
      for (RdmaPort port : node.ports()) {
        for (String name : List.of("state", "phys_state", "rate", "link_layer", "lid", "sm_lid")) {
          readPresent(RdmaNode.folder(port) + '/' + name);
        }
        port.gids()
            .forEach(
                gid ->
                    saw(
                        RdmaNode.folder(port) + "/gids/" + gid.index(),
                        gid.gid() + " " + gid.type()));
        for (int i = 0; i < port.pkeys().size(); i++) {
          if (port.pkeys().get(i) != 0) {
            saw(RdmaNode.folder(port) + "/pkeys/" + i, "0x%04x".formatted(port.pkeys().get(i)));
          }
        }
      }
    }
    host.choice().ifPresent(each -> saw("the transport's choice", each));
  }

  private void libraries() {
    Answers answers = host.answers();
    if (answers != null) {
      saw("dlopen(libibverbs.so.1)", loaded(answers.verbsProblem()));
      saw("dlopen(librdmacm.so.1)", loaded(answers.managerProblem()));
    }
    for (String folder : DriverStackCheck.LIBRARY_FOLDERS) {
      for (String library : LIBRARIES) {
        if (files.exists(folder + '/' + library)) {
          saw(folder + '/' + library, files.real(folder + '/' + library));
        }
      }
    }
    for (String folder : LibrariesCheck.PROVIDER_FOLDERS) {
      List<String> providers =
          files.list(folder).stream().map(name -> name.replaceAll("^lib|\\.so$", "")).toList();
      if (!providers.isEmpty()) {
        saw(folder, String.join(" ", providers));
      }
    }
  }

  private static String loaded(String problem) {
    return problem.isEmpty() ? "loaded" : '(' + problem + ')';
  }

  private void modules() {
    for (String each : MODULES) {
      if (files.exists("/sys/module/" + each)) {
        HostFiles.Content version = files.read("/sys/module/" + each + "/version");
        saw("/sys/module/" + each, version.isPresent() ? version.shown() : "loaded");
      }
    }
    for (String each : files.list(ModulesCheck.NODES)) {
      String node = ModulesCheck.NODES + '/' + each;
      // In by-ibdev and by-path there are links to the others.
      if (!files.isFolder(node)) {
        saw(node, ModulesCheck.state(files, node));
      }
    }
  }

  private void networks() {
    for (Network each : host.networks()) {
      saw(each.name(), each.words());
    }
  }

  private void limits() {
    for (String each : List.of("Max locked memory", "Max open files")) {
      saw(Limits.FILE, Limits.line(files, each).orElse("(no line of " + each + ')'));
    }
    saw("CAP_IPC_LOCK", Limits.mayLockAll(files) ? "yes" : "no");
    readPresent("/sys/fs/selinux/enforce");
  }

  private void java() {
    if (host.answers() == null) {
      saw("Java", "(not looked at: --root)");
    } else {
      thisJava();
    }
    saw("Verbena", version());
  }

  private void thisJava() {
    for (String each : List.of("java.runtime.version", "java.vm.name", "os.name", "os.arch")) {
      saw(each, System.getProperty(each, "(unknown)"));
    }
    // Not all of them: a bug report is no place for what somebody passes by -D.
    saw(
        "flags",
        none(
            Stream.of(ProcessHandle.current().info().arguments().orElse(new String[0]))
                .filter(each -> each.startsWith("-X") || each.startsWith("--enable-native-access"))
                .collect(Collectors.joining(" "))));
  }

  /** Of this release, which the build writes down. */
  private static String version() {
    try (InputStream in = StockTaking.class.getResourceAsStream("version.txt")) {
      return in == null
          ? "(of unknown version)"
          : new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return "(of unknown version)";
    }
  }
}
