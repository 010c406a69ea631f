package io.verbena.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Whether libibverbs, librdmacm and the devices' user-space drivers are there. */
final class LibrariesCheck implements Check {
  private static final String VERBS = "libibverbs.so.1";
  private static final String MANAGER = "librdmacm.so.1";

  /** What the library's refusal names, with the module or ALL-UNNAMED behind it. */
  private static final String FLAG = "--enable-native-access=";

  /** Where libibverbs looks for its providers. */
  static final List<String> PROVIDER_FOLDERS =
      List.of(
          "/usr/lib/x86_64-linux-gnu/libibverbs", "/usr/lib64/libibverbs", "/usr/lib/libibverbs");

  /** Providers of rdma-core by the kernel's driver of the PCI function. */
  private static final Map<String, String> PROVIDERS =
      Map.of(
          "mlx5_core", "mlx5",
          "mlx4_core", "mlx4",
          "mana", "mana",
          "bnxt_en", "bnxt_re",
          "ice", "irdma",
          "qede", "qedr",
          "i40e", "irdma",
          "efa", "efa",
          "erdma", "erdma");

  @Override
  public Finding look(Host host) {
    Notes notes = new Notes("libraries", "Libraries");
    String verbs = problem(host, VERBS, notes);
    String manager = problem(host, MANAGER, notes);
    String install = host.platform().family().libraries();
    if (!verbs.isEmpty()) {
      return notes.finding(
          host.worst(),
          sentence(verbs),
          verbs.contains(FLAG)
              ? "Start java with " + verbs.substring(verbs.indexOf(FLAG))
              : install);
    }
    List<String> without = withoutProvider(host, notes);
    if (!without.isEmpty()) {
      boolean all = without.size() == host.nodes().size();
      return notes.finding(
          all ? Severity.FAIL : Severity.WARN,
          "libibverbs has no provider for %s.".formatted(String.join(", ", without)),
          install);
    }
    if (!manager.isEmpty()) {
      return notes.warn(
          sentence(manager) + " Verbena's messages do without it, io.verbena.rdmacm does not.",
          install);
    }
    return notes.ok(
        "The libraries %s%s."
            .formatted(
                host.answers() == null ? "are there" : "can be loaded",
                host.nodes().isEmpty() ? "" : ", with a provider for each device"));
  }

  /** Why a library cannot be used, or empty. */
  private static String problem(Host host, String library, Notes notes) {
    Answers answers = host.answers();
    if (answers != null) {
      String problem = library.equals(VERBS) ? answers.verbsProblem() : answers.managerProblem();
      notes.saw("dlopen(" + library + ')', problem.isEmpty() ? "loaded" : '(' + problem + ')');
      return problem;
    }
    for (String folder : DriverStackCheck.LIBRARY_FOLDERS) {
      if (host.files().exists(folder + '/' + library)) {
        notes.saw(folder + '/' + library, "present (not loaded: --root)");
        return "";
      }
    }
    notes.saw(library, "(in none of the usual folders)");
    return library + " is not installed";
  }

  private static List<String> withoutProvider(Host host, Notes notes) {
    Answers answers = host.answers();
    if (answers != null && answers.devices() != null) {
      notes.saw("ibv_get_device_list", String.join(" ", answers.devices()));
      return host.nodes().stream()
          // One that has no node in /dev is not listed either, and that is told elsewhere.
          .filter(node -> !node.verbsNode().isEmpty())
          .map(RdmaNode::name)
          .filter(name -> !answers.devices().contains(name))
          .toList();
    }
    List<String> without = new ArrayList<>();
    for (RdmaNode node : host.nodes()) {
      String provider = node.isSoftware() ? "rxe" : PROVIDERS.getOrDefault(node.driver(), "");
      if (!provider.isEmpty()) {
        String file = file(host, provider);
        notes.saw("provider " + provider, file.isEmpty() ? "(absent)" : file);
        if (file.isEmpty()) {
          without.add(node.name());
        }
      }
    }
    return without;
  }

  /** The file of a provider, {@code libmlx5-rdmav34.so}; empty if there is none. */
  private static String file(Host host, String provider) {
    for (String folder : PROVIDER_FOLDERS) {
      String found =
          host.files().list(folder).stream()
              .filter(name -> name.startsWith("lib" + provider + "-rdmav"))
              .collect(Collectors.joining(" "));
      if (!found.isEmpty()) {
        return folder + '/' + found;
      }
    }
    return "";
  }

  private static String sentence(String clause) {
    return clause.endsWith(".") ? clause : clause + '.';
  }
}
