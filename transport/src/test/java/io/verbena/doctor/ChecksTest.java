package io.verbena.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import io.verbena.lane.rdma.RdmaSurvey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each check where {@link MachinesTest} does not get to. */
class ChecksTest {
  private static final String LIMITS = "/proc/self/limits";
  private static final String PORT = "/sys/class/infiniband/mlx5_ib0/ports/1";
  private static final String SOFT_PORT = "/sys/class/infiniband/rxe0/ports/1";
  private static final String VERBS = "/usr/lib/x86_64-linux-gnu/libibverbs.so.1";

  @TempDir private Path folder;

  private MachineTree tree(String name) throws IOException {
    return MachineTree.of(folder, name);
  }

  private static void shouldBe(Finding finding, Severity severity, String message, String cure) {
    assertEquals(severity, finding.severity(), finding::toString);
    assertTrue(finding.message().contains(message), finding::toString);
    assertTrue(finding.cure().contains(cure), finding::toString);
    assertEquals(severity == Severity.OK || severity == Severity.NA, finding.cure().isEmpty());
  }

  private static Answers answers(String system, String architecture) {
    return new Answers(
        system,
        architecture,
        "",
        "",
        List.of("rxe0"),
        new RdmaSurvey(List.of(), List.of()),
        null,
        Map.of());
  }

  /** What the doctor says when this machine's files are those of the tree, and it answers so. */
  private static Finding asked(MachineTree tree, Answers answers, String check) {
    DoctorOptions options = DoctorOptions.defaults().withRoot(tree.root());
    return MachineTree.finding(Doctor.examine(Host.read(options, answers)), check);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Windows Server 2022 | amd64 | Windows: Verbena does not support NetworkDirect |"
            + " InfiniBandDriverWindows",
        "Mac OS X | aarch64 | This is macOS: RDMA needs Linux | Linux",
        "Linux | aarch64 | this JVM is for aarch64 | x86-64",
      })
  void shouldSayThatThePlatformIsNone(
      String system, String architecture, String message, String cure) throws IOException {
    shouldBe(
        asked(tree("linux"), answers(system, architecture), "platform"),
        Severity.FAIL,
        message,
        cure);
  }

  @Test
  void shouldSayWhichPlatformItIs() throws IOException {
    shouldBe(
        asked(tree("azure"), answers("Linux", "amd64"), "platform"),
        Severity.OK,
        "This is Ubuntu 24.04.1 LTS, a virtual machine in Azure.",
        "");
    MachineTree hyperV =
        MachineTree.of(folder.resolve("hyper-v"), "azure")
            .apply("/sys/class/dmi/id/chassis_asset_tag !");
    shouldBe(hyperV.finding("platform"), Severity.OK, "a virtual machine of Hyper-V.", "");
  }

  @ParameterizedTest
  @CsvSource({
    "Standard_HB120rs_v3, true",
    "Standard_HC44rs, true",
    "Standard_HX176-24rs, true",
    "Standard_ND96isr_H100_v5, true",
    "Standard_ND96asr_v4, true",
    "Standard_NC24rs_v3, true",
    "Standard_H16mr, true",
    "Standard_A8, true",
    "Standard_NC24r_Promo, true",
    "Standard_D4s_v5, false",
    "Standard_NC24s_v3, false",
    "Standard_E64-16s_v3, false",
    "nonsense, ''",
    "'', ''"
  })
  void shouldKnowRdmaCapableSizes(String size, String capable) {
    assertEquals(
        capable.isEmpty() ? Optional.empty() : Optional.of(Boolean.valueOf(capable)),
        AdapterCheck.isRdmaCapable(size));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Standard_D4s_v5 | Standard_D4s_v5 is not an RDMA-capable size | Choose an RDMA-capable",
        "Standard_HB120rs_v3 | Standard_HB120rs_v3 has RDMA, but there is no adapter | Deallocate",
        "Standard_H16mr | The size Standard_H16mr has RDMA by NetworkDirect without SR-IOV | Choose an"
            + " RDMA-capable size with SR-IOV",
      })
  void shouldTakeTheCloudsWordForTheSize(String size, String message, String cure)
      throws IOException {
    var metadata = new InstanceMetadata("http://cloud", size, "");
    DoctorOptions options =
        DoctorOptions.defaults().withRoot(tree("azure").root()).withMetadata(metadata);
    Diagnosis diagnosis = Doctor.examine(options);
    shouldBe(MachineTree.finding(diagnosis, "adapter"), Severity.FAIL, message, cure);
    assertTrue(
        MachineTree.finding(diagnosis, "platform")
            .evidence()
            .contains(new Evidence("http://cloud", size)));
  }

  @Test
  void shouldAdviseToAddASoftRoceDevice() throws IOException {
    shouldBe(
        tree("linux").apply("/sys/module/rdma_rxe/initstate = live").finding("adapter"),
        Severity.FAIL,
        "soft-RoCE, which is loaded, has no device",
        "rdma link add rxe0 type rxe netdev eth0");
  }

  @Test
  void shouldTellDriversApart() throws IOException {
    String function = "/sys/bus/pci/devices/0101:00:00.0";
    MachineTree tree = tree("azure-hb-bare");
    tree.apply(function + "/driver -> ../../../bus/pci/drivers/vfio-pci");
    shouldBe(
        tree.finding("driver"),
        Severity.FAIL,
        "is given to another program, by the driver vfio-pci",
        "driverctl unset-override 0101:00:00.0");
    tree.apply(function + "/driver !").apply(function + "/device !");
    tree.apply(function + "/device = 0x1004");
    shouldBe(tree.finding("driver"), Severity.FAIL, "has no driver", "modprobe -a mlx4_ib");
    tree.apply("/.dockerenv = ");
    shouldBe(tree.finding("driver"), Severity.FAIL, "has no driver", "On the host, not in the");
  }

  @ParameterizedTest
  @CsvSource({
    "0x8086, ice, Intel Ethernet, irdma",
    "0x14e4, bnxt_en, Broadcom Ethernet, bnxt_re",
    "0x1077, qede, Ethernet, qedr"
  })
  void shouldSeeEthernetAdaptersWhoseDriversHaveAPartForRdma(
      String vendor, String driver, String kind, String module) throws IOException {
    String function = "/sys/bus/pci/devices/0000:3b:00.0";
    MachineTree tree = tree("linux").apply(function + "/vendor = " + vendor);
    tree.apply(function + "/class = 0x020000").apply(function + "/device = 0x1593");
    shouldBe(tree.finding("adapter"), Severity.FAIL, "This machine has no RDMA adapter", "Use a");
    tree.apply(function + "/driver -> ../../../bus/pci/drivers/" + driver);
    shouldBe(tree.finding("adapter"), Severity.OK, kind + " at 0000:3b:00.0", "");
    shouldBe(
        tree.finding("driver"),
        Severity.FAIL,
        "The %s adapter at 0000:3b:00.0 has the driver %s, but is no RDMA device."
            .formatted(kind, driver),
        "modprobe -a %s ib_uverbs rdma_ucm # if there are".formatted(module));
    tree.apply("/sys/module/" + module + "/initstate = live");
    String without =
        "The %s adapter at 0000:3b:00.0 has no RDMA, or it is switched off in its firmware."
            .formatted(kind);
    shouldBe(tree.finding("adapter"), Severity.FAIL, without, "devlink dev param show pci/0000:3b");
    shouldBe(tree.finding("driver"), Severity.FAIL, without, "else use an adapter that has");
    // Another one that wants its module only comes first.
    String other = "/sys/bus/pci/devices/0000:af:00.0";
    tree.apply(other + "/vendor = 0x15b3").apply(other + "/device = 0x1017");
    tree.apply(other + "/class = 0x020000");
    assertEquals(Severity.OK, tree.finding("adapter").severity());
    shouldBe(tree.finding("driver"), Severity.FAIL, "at 0000:af:00.0 has no driver", "mlx5_ib");
  }

  @Test
  void shouldTakeSoftRoceOverAnAdapterWithoutRdma() throws IOException {
    String function = "/sys/bus/pci/devices/0000:3b:00.0";
    MachineTree tree = tree("soft-roce").apply(function + "/vendor = 0x14e4");
    tree.apply(function + "/class = 0x020000").apply(function + "/device = 0x165f");
    tree.apply(function + "/driver -> ../../../bus/pci/drivers/bnxt_en");
    tree.apply("/sys/module/bnxt_re/initstate = live");
    shouldBe(tree.finding("adapter"), Severity.OK, "in software, which needs no adapter", "");
    shouldBe(tree.finding("driver"), Severity.OK, "the Ethernet adapter at 0000:3b:00.0", "");
  }

  @Test
  void shouldNotMindAnIdleEthernetFunctionBesideInfiniband() throws IOException {
    MachineTree ethernet = tree("azure-hb-an");
    ethernet.apply("/sys/bus/pci/devices/56d0:00:02.0/infiniband !");
    shouldBe(ethernet.finding("driver"), Severity.OK, "the Ethernet adapter at 56d0:00:02.0", "");
    ethernet.apply("/sys/bus/pci/devices/0101:00:00.0/infiniband !");
    shouldBe(ethernet.finding("driver"), Severity.WARN, "InfiniBand adapter at 0101", "mlx5_ib");
  }

  @Test
  void shouldNameTheDriverStack() throws IOException {
    shouldBe(
        MachineTree.of(folder.resolve("a"), "azure-hb-ofed").finding("driver-stack"),
        Severity.OK,
        "MLNX_OFED_LINUX-23.10-1.1.9.0. MLNX_OFED ended with 24.10",
        "");
    MachineTree doca = MachineTree.of(folder.resolve("b"), "azure-hb-doca");
    shouldBe(doca.finding("driver-stack"), Severity.WARN, "2 copies of libibverbs", "Keep one");
    doca.apply("/usr/local/lib/libibverbs.so.1 !");
    shouldBe(doca.finding("driver-stack"), Severity.OK, "OFED-internal-24.10-1.1.4.0.200.", "");
    // Of a library for 32 bits this is the beginning.
    doca.apply("/usr/lib/libibverbs.so.1 = \177ELF\1\1\1");
    assertEquals(Severity.OK, doca.finding("driver-stack").severity());
    doca.apply("/usr/lib/libibverbs.so.1 !").apply("/usr/lib/libibverbs.so.1 = \177ELF\2\1\1");
    assertEquals(Severity.WARN, doca.finding("driver-stack").severity());
    doca.apply("/usr/lib/libibverbs.so.1 !");
    // One library by two names is one.
    doca.apply("/usr/lib64 -> lib/x86_64-linux-gnu");
    assertEquals(Severity.OK, doca.finding("driver-stack").severity());
  }

  @Test
  void shouldSayByWhichWayDriversCameOnAzure() throws IOException {
    MachineTree tree = tree("azure-hb");
    Evidence none = new Evidence("/opt/azurehpc/component_versions.txt", "(absent: no HPC image)");
    assertTrue(tree.finding("driver-stack").evidence().contains(none));
    tree.apply("/var/log/azure/ib-vmext-status = done");
    shouldBe(tree.finding("driver-stack"), Severity.OK, "InfiniBandDriverLinux has run", "");
    tree.apply("/opt/azurehpc/component_versions.txt = {}");
    shouldBe(tree.finding("driver-stack"), Severity.OK, "one of Azure's HPC images", "");
    // Elsewhere such files mean nothing.
    assertFalse(
        tree.apply("/sys/class/dmi !").finding("driver-stack").message().contains("HPC image"));
  }

  @Test
  void shouldMissModulesAndNodes() throws IOException {
    MachineTree tree = tree("soft-roce");
    tree.apply("/dev/infiniband/rdma_cm !");
    shouldBe(tree.finding("modules"), Severity.WARN, "no rdma_cm", "modprobe rdma_ucm");
    tree.apply("/dev/infiniband/uverbs0 !");
    shouldBe(
        tree.finding("modules"),
        Severity.FAIL,
        "its node /dev/infiniband/uverbs0 is not",
        "udevadm trigger");
    tree.apply("/sys/class/infiniband_verbs !").apply("/sys/module/ib_uverbs !");
    shouldBe(
        tree.finding("modules"),
        Severity.FAIL,
        "ib_uverbs is not loaded",
        "modprobe -a ib_uverbs rdma_ucm");
  }

  /** What the kernel says of EPERM is in the user's language. */
  @ParameterizedTest
  @ValueSource(strings = {"Operation not permitted", "Die Operation ist nicht erlaubt"})
  void shouldThinkOfTheCgroupInAnyLanguage(String why) throws IOException {
    MachineTree tree = tree("soft-roce");
    Host host = Host.read(DoctorOptions.defaults().withRoot(tree.root()));
    String node = "/dev/infiniband/uverbs0";
    String device = RdmaNode.VERBS + "/uverbs0";
    String cure = ModulesCheck.access(host, node, device, why);
    assertTrue(cure.startsWith("Put it into the cgroup's list of devices: "), cure);
    assertTrue(cure.contains("DeviceAllow=/dev/infiniband/uverbs0 rw"), cure);
    String rights = ModulesCheck.access(host, node, device, HostFiles.DENIED);
    assertTrue(rights.startsWith("chmod 0666 ") || rights.startsWith("usermod "), rights);
    tree.apply(device + " !");
    String stale = ModulesCheck.access(host, node, device, why);
    assertTrue(stale.startsWith("udevadm trigger"), stale);
  }

  @Test
  void shouldLeaveFoldersOfNodesOutOfTheInventory() throws IOException {
    MachineTree tree = tree("soft-roce");
    tree.apply("/dev/infiniband/by-ibdev/uverbs-rxe0 -> ../uverbs0");
    DoctorOptions options = DoctorOptions.defaults().withRoot(tree.root());
    String text = Doctor.takeStock(options).toString();
    assertTrue(text.contains("/dev/infiniband/uverbs0"), text);
    assertFalse(text.contains("by-ibdev"), text);
  }

  @ParameterizedTest
  @CsvSource({
    "debian, apt-get install -y rdma-core",
    "'\"rocky\"\n/etc/os-release = ID_LIKE=\"rhel centos fedora\"', dnf install -y rdma-core",
    "sles, zypper install -y rdma-core",
    "gentoo, Install rdma-core"
  })
  void shouldSayHowToInstallLibraries(String id, String cure) throws IOException {
    MachineTree tree = tree("soft-roce").apply("/etc/os-release !").apply(VERBS + " !");
    for (String line : ("/etc/os-release = ID=" + id).lines().toList()) {
      tree.apply(line);
    }
    shouldBe(tree.finding("libraries"), Severity.FAIL, "libibverbs.so.1 is not installed", cure);
  }

  @Test
  void shouldMissLibrariesAndProviders() throws IOException {
    MachineTree tree = tree("soft-roce");
    String folderOfLibraries = "/usr/lib/x86_64-linux-gnu/";
    tree.apply(folderOfLibraries + "librdmacm.so.1 !");
    shouldBe(tree.finding("libraries"), Severity.WARN, "librdmacm.so.1 is not", "librdmacm1");
    tree.apply(folderOfLibraries + "libibverbs/librxe-rdmav34.so !");
    shouldBe(tree.finding("libraries"), Severity.FAIL, "no provider for rxe0", "ibverbs-providers");
    // Without a device they are not wanted.
    MachineTree bare =
        MachineTree.of(folder.resolve("bare"), "linux")
            .apply(folderOfLibraries + "libibverbs.so.1 !");
    assertEquals(Severity.NA, bare.finding("libraries").severity());
  }

  @Test
  void shouldBelieveTheLibraryRatherThanTheFiles() throws IOException {
    MachineTree tree = tree("soft-roce");
    shouldBe(asked(tree, answers("Linux", "amd64"), "libraries"), Severity.OK, "can be loaded", "");
    var without =
        new Answers(
            "Linux",
            "amd64",
            "",
            "",
            List.of(),
            new RdmaSurvey(List.of(), List.of()),
            null,
            Map.of());
    shouldBe(asked(tree, without, "libraries"), Severity.FAIL, "no provider for rxe0", "apt-get");
    var denied =
        new Answers(
            "Linux",
            "amd64",
            "native access is denied to Verbena: start java with --enable-native-access=a.module",
            "",
            null,
            new RdmaSurvey(List.of(), List.of("native access is denied to Verbena")),
            null,
            Map.of());
    shouldBe(
        asked(tree, denied, "libraries"),
        Severity.FAIL,
        "native access",
        "Start java with --enable-native-access=a.module");
  }

  @ParameterizedTest
  @CsvSource({
    "65536, FAIL, may lock 64 KiB of memory",
    "2097152, WARN, may lock 2 MiB of memory",
    "999999999999999, OK, as much as a transport takes",
    "unlimited, OK, as much memory as there is",
    "plenty, NA, no limit to read"
  })
  void shouldCompareTheLimitOfLockedMemory(String limit, Severity severity, String message)
      throws IOException {
    MachineTree tree = tree("soft-roce").apply(LIMITS + " !");
    tree.apply(LIMITS + " = Max locked memory         " + limit + "   unlimited   bytes");
    boolean bad = severity == Severity.FAIL || severity == Severity.WARN;
    shouldBe(tree.finding("locked-memory"), severity, message, bad ? "ulimit -l unlimited" : "");
  }

  @Test
  void shouldNotSendAContainerToItsShellForMoreMemory() throws IOException {
    shouldBe(
        tree("container").finding("locked-memory"),
        Severity.FAIL,
        "may lock 64 KiB",
        "Start the container with --device=/dev/infiniband");
  }

  @Test
  void shouldLetAzureHaveRdmaInSoftware() throws IOException {
    MachineTree tree = tree("soft-roce");
    for (String line :
        List.of(
            "sys_vendor = Microsoft Corporation",
            "product_name = Virtual Machine",
            "chassis_asset_tag = 7783-7084-3265-9085-8269-3286-77")) {
      tree.apply("/sys/class/dmi/id/" + line);
    }
    shouldBe(tree.finding("right-device"), Severity.OK, "rxe0 port 1", "");
  }

  @Test
  void shouldNotMindTheLimitOfWhoMayLockAll() throws IOException {
    MachineTree tree = tree("soft-roce").apply(LIMITS + " !").apply("/proc/self/status !");
    tree.apply(LIMITS + " = Max locked memory         0   0   bytes");
    tree.apply("/proc/self/status = CapEff:	000001ffffffffff");
    shouldBe(tree.finding("locked-memory"), Severity.OK, "as much memory as there is", "");
  }

  @Test
  void shouldNotTakeACapabilityOfAUserNamespaceForOne() throws IOException {
    MachineTree tree = tree("soft-roce").apply(LIMITS + " !").apply("/proc/self/status !");
    tree.apply(LIMITS + " = Max locked memory         65536   65536   bytes");
    tree.apply("/proc/self/status = CapEff:	000001ffffffffff");
    tree.apply("/proc/self/uid_map =          0       1000          1");
    shouldBe(
        tree.finding("locked-memory"), Severity.FAIL, "may lock 64 KiB", "ulimit -l unlimited");
    tree.apply("/proc/self/uid_map !");
    tree.apply("/proc/self/uid_map =          0          0 4294967295");
    assertEquals(Severity.OK, tree.finding("locked-memory").severity());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ibv_reg_mr failed with ENOMEM | '' | ulimit -l unlimited # to make it last",
        "ibv_open_device failed with EPERM | let this user open it | Let this user open it."
      })
  void shouldRepeatWhyRegisteringFailed(String problem, String cure, String advice)
      throws IOException {
    var refused =
        new Answers(
            "Linux",
            "amd64",
            "",
            "",
            List.of("rxe0"),
            new RdmaSurvey(List.of(), List.of()),
            new Answers.Trial("rxe0", 2 << 20, problem, cure),
            Map.of());
    shouldBe(
        asked(tree("soft-roce"), refused, "locked-memory"),
        Severity.FAIL,
        "Registering memory failed: " + problem + '.',
        advice);
  }

  @Test
  void shouldSayWhichInterfaceToBringUp() throws IOException {
    MachineTree tree = tree("soft-roce").apply(SOFT_PORT + "/state !");
    tree.apply(SOFT_PORT + "/state = 1: DOWN");
    shouldBe(tree.finding("port"), Severity.FAIL, "The port rxe0:1 is DOWN", "ip link set eth0 up");
    tree.apply(SOFT_PORT + "/state !").apply(SOFT_PORT + "/state = nonsense");
    shouldBe(tree.finding("port"), Severity.FAIL, "in no state that is known", "ip link set");
  }

  /** A command with words in place of a name would be pasted as it is. */
  @Test
  void shouldGiveNoCommandForAnInterfaceWithoutAName() throws IOException {
    MachineTree tree = tree("roce");
    for (String each : List.of("mlx5_0", "mlx5_1")) {
      String port = "/sys/class/infiniband/" + each + "/ports/1";
      if (Files.exists(tree.path(port + "/gid_attrs/ndevs/0"))) {
        tree.apply(port + "/gid_attrs/ndevs/0 !");
      }
      tree.apply(port + "/state !").apply(port + "/state = 1: DOWN");
    }
    Finding port = tree.finding("port");
    shouldBe(port, Severity.FAIL, " is DOWN", "Bring the port's network interface up, and look at");
    assertFalse(port.cure().contains("ip link"), port.cure());
  }

  @Test
  void shouldSayWhoStartsASubnetManagerOutsideAzure() throws IOException {
    MachineTree tree = tree("azure-hb-init").apply("/sys/class/dmi !");
    // There the Ethernet port may do.
    shouldBe(tree.finding("port"), Severity.WARN, "mlx5_ib0:1 is INIT", "opensm");
    shouldBe(
        tree.finding("right-device"), Severity.WARN, "mlx5_0 port 1, an Ethernet port", "Mend");
  }

  @Test
  void shouldObeyTheConfiguration() throws IOException {
    Path root = tree("azure-hb-an").root();
    TransportConfig config = TransportConfig.defaults().withDevice("mlx5_7");
    DoctorOptions options = DoctorOptions.defaults().withRoot(root).withConfig(config);
    Diagnosis diagnosis = Doctor.examine(options);
    assertTrue(diagnosis.choice().isEmpty());
    shouldBe(
        MachineTree.finding(diagnosis, "right-device"),
        Severity.FAIL,
        "Verbena would choose none",
        "configuration");
    // The InfiniBand port is but a limited member there.
    config = TransportConfig.defaults().withPkey(0xffff);
    Choice choice = Doctor.examine(options.withConfig(config)).choice().orElseThrow();
    assertEquals("mlx5_0 port 1", choice.place());
    assertEquals(0xffff, choice.pkey());
  }

  @Test
  void shouldChooseNothingWhereRdmaIsSwitchedOff() throws IOException {
    Path root = tree("azure-hb").root();
    TransportConfig off = TransportConfig.defaults().withRdma(RdmaMode.OFF);
    Diagnosis diagnosis = Doctor.examine(DoctorOptions.defaults().withRoot(root).withConfig(off));
    assertTrue(diagnosis.choice().isEmpty());
    assertEquals(
        "RDMA: no. The configuration has RDMA switched off. Verbena will use TCP on ib0.",
        diagnosis.summary());
  }

  /** A link to an absolute path means one below the root: it is the other machine's. */
  @Test
  void shouldLookForDistancesBelowTheRootOnly() throws IOException {
    MachineTree tree = tree("azure-hb").apply("/sys/devices/system/node -> /copy/of/nodes");
    tree.apply("/copy/of/nodes/node0/cpulist = 0-3").apply("/copy/of/nodes/node0/distance = 10 32");
    tree.apply("/copy/of/nodes/node1/cpulist = 4-7").apply("/copy/of/nodes/node1/distance = 32 10");
    tree.apply("/proc/self/status !").apply("/proc/self/status = Cpus_allowed_list:	4-7");
    String numaNode = "/sys/class/infiniband/mlx5_ib0/device/numa_node";
    if (Files.exists(tree.path(numaNode))) {
      tree.apply(numaNode + " !");
    }
    tree.apply(numaNode + " = 0");
    RdmaNode node = RdmaNode.list(new HostFiles(tree.root())).getFirst();
    assertEquals(32, node.ports().getFirst().distance());
  }

  @Test
  void shouldWantAUsefulAddress() throws IOException {
    MachineTree tree = tree("soft-roce").apply(SOFT_PORT + "/gids/1 !");
    shouldBe(tree.finding("gid"), Severity.WARN, "link-local RoCE v2 addresses only", "ip address");
    tree.apply(SOFT_PORT + "/gid_attrs/types/0 !");
    shouldBe(tree.finding("gid"), Severity.FAIL, "has no RoCE v2 address", "ip address add");
    MachineTree infiniband = MachineTree.of(folder.resolve("ib"), "azure-hb");
    infiniband.apply(PORT + "/gids/0 !");
    shouldBe(infiniband.finding("gid"), Severity.FAIL, "no InfiniBand address", "driver");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "OS.EnableRDMA=y | ib0 has no address | ip address add",
        "OS.EnableRDMA = \"\"Y\"\" # wanted | ib0 has no address | ip address add",
        "OS.CheckRdmaDriver=y | ib0 has no address | ip address add",
        "OS.EnableRDMA=n | /etc/waagent.conf says OS.EnableRDMA=n | restart walinuxagent",
        "# OS.EnableRDMA=y | \"the line \"\"# OS.EnableRDMA=y\"\"\" | $aOS.EnableRDMA=y",
        "Logs.Verbose=n | /etc/waagent.conf has no line of OS.EnableRDMA | restart walinuxagent",
      })
  void shouldReadTheAgentsConfiguration(String line, String message, String cure)
      throws IOException {
    MachineTree tree = tree("azure-hb-agent-comment").apply("/etc/waagent.conf !");
    tree.apply("/etc/waagent.conf = " + line);
    shouldBe(tree.finding("ipoib"), Severity.WARN, message, cure);
  }

  @Test
  void shouldWantIpOverInfinibandUpWithAnAddress() throws IOException {
    MachineTree tree = tree("azure-hb").apply("/sys/class/net/ib0/operstate !");
    tree.apply("/sys/class/net/ib0/operstate = down");
    shouldBe(tree.finding("ipoib"), Severity.WARN, "ib0 is not up", "ip link set ib0 up");
    tree.apply("/sys/class/net/ib0 !");
    shouldBe(tree.finding("ipoib"), Severity.WARN, "no IP over InfiniBand", "modprobe ib_ipoib");
    tree.apply("/.dockerenv = ");
    shouldBe(
        tree.finding("ipoib"),
        Severity.WARN,
        "no IP over InfiniBand",
        "On the host, not in the container: modprobe ib_ipoib");
  }

  @Test
  void shouldSayWhatLimitsThereAre() throws IOException {
    MachineTree tree = tree("linux").apply(LIMITS + " !").apply("/proc/sys/kernel/osrelease !");
    tree.apply(LIMITS + " = Max open files            256   4096   files");
    tree.apply("/sys/fs/selinux/enforce = 1").apply("/proc/sys/kernel/osrelease = 5.4.0-42");
    shouldBe(
        tree.finding("limits"),
        Severity.WARN,
        "open files: 256; SELinux: enforcing; child processes: kept from registered pages",
        "ulimit -n 65536");
  }
}
