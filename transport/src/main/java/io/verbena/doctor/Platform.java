package io.verbena.doctor;

import java.util.List;
import java.util.Locale;

/**
 * What kind of machine it is.
 *
 * @param distribution its name for people, or empty
 * @param family which package manager it has
 * @param hyperV whether it is a virtual machine of Microsoft's hypervisor
 * @param azure whether it is one in Azure
 * @param container whether this is a container, as far as one can tell
 */
record Platform(
    String distribution, Family family, boolean hyperV, boolean azure, boolean container) {
  static final String VENDOR = "/sys/class/dmi/id/sys_vendor";
  static final String PRODUCT = "/sys/class/dmi/id/product_name";
  static final String ASSET_TAG = "/sys/class/dmi/id/chassis_asset_tag";
  static final String RELEASE = "/etc/os-release";

  /** What all virtual machines of Azure have, and no other. */
  private static final String AZURE = "7783-7084-3265-9085-8269-3286-77";

  private static final List<String> CONTAINER_MARKS =
      List.of("/.dockerenv", "/run/.containerenv", "/run/secrets/kubernetes.io/serviceaccount");

  /** How packages are installed, and what they are called. */
  enum Family {
    DEBIAN("apt-get install -y rdma-core ibverbs-providers librdmacm1"),
    RED_HAT("dnf install -y rdma-core libibverbs librdmacm"),
    SUSE("zypper install -y rdma-core libibverbs libibverbs1 librdmacm1"),
    UNKNOWN("Install rdma-core with libibverbs, its providers and librdmacm.");

    private final String libraries;

    Family(String libraries) {
      this.libraries = libraries;
    }

    /** Installs the libraries. */
    String libraries() {
      return libraries;
    }
  }

  static Platform of(HostFiles files) {
    String release = files.text(RELEASE);
    boolean hyperV =
        files.text(VENDOR).equals("Microsoft Corporation")
            && files.text(PRODUCT).equals("Virtual Machine");
    return new Platform(
        Evidence.printable(value(release, "PRETTY_NAME")),
        family(value(release, "ID") + ' ' + value(release, "ID_LIKE")),
        hyperV,
        files.text(ASSET_TAG).equals(AZURE),
        CONTAINER_MARKS.stream().anyMatch(files::exists));
  }

  /** A variable of a file that is written as for a shell; empty if it is not there. */
  static String value(String text, String name) {
    for (String line : text.lines().toList()) {
      if (line.startsWith(name + '=')) {
        return line.substring(name.length() + 1).strip().replaceAll("^[\"']|[\"']$", "");
      }
    }
    return "";
  }

  private static Family family(String ids) {
    List<String> words = List.of(ids.toLowerCase(Locale.ROOT).split("\\s+"));
    if (words.contains("debian") || words.contains("ubuntu")) {
      return Family.DEBIAN;
    }
    if (words.contains("rhel") || words.contains("fedora") || words.contains("centos")) {
      return Family.RED_HAT;
    }
    return words.contains("suse") || words.contains("sles") ? Family.SUSE : Family.UNKNOWN;
  }
}
