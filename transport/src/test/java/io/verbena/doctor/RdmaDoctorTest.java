package io.verbena.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.util.ReferenceCounted;
import io.verbena.ChildJvm;
import io.verbena.Endpoint;
import io.verbena.Link;
import io.verbena.Listener;
import io.verbena.RdmaTest;
import io.verbena.Transport;
import io.verbena.TransportConfig;
import io.verbena.ffi.Native;
import io.verbena.lane.rdma.RdmaPort;
import io.verbena.verbs.PortAttributes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;

/** What the doctor says where there is RDMA, and where something of it is taken away. */
@RdmaTest
@Timeout(240)
class RdmaDoctorTest {
  private static final String LIBRARIES = "/usr/lib/x86_64-linux-gnu";
  private static final String HOST = System.getenv().getOrDefault("TESTBED_ADDRESS", "localhost");

  private static final List<Class<?>> NEEDED =
      List.of(
          Native.class,
          Transport.class,
          ByteBuf.class,
          ReferenceCounted.class,
          Logger.class,
          Test.class);

  @Test
  void shouldForetellWhatATransportUses() throws IOException {
    Finding memory =
        MachineTree.finding(shouldForetell(TransportConfig.defaults()), "locked-memory");
    assertTrue(memory.evidence().toString().contains(": registered"), memory::toString);
  }

  @Test
  void shouldForetellWhatATransportOfANetworkInterfaceUses() throws IOException {
    String nic = NetworkInterface.getByInetAddress(InetAddress.getByName(HOST)).getName();
    TransportConfig config = TransportConfig.defaults().withNetworkInterface(nic);
    assertEquals(nic, shouldForetell(config).tcpInterface());
  }

  private static Diagnosis shouldForetell(TransportConfig config) throws IOException {
    Diagnosis diagnosis = Doctor.examine(DoctorOptions.defaults().withConfig(config));
    assertTrue(diagnosis.rdmaUsable(), diagnosis::toString);
    assertTrue(diagnosis.findings().stream().noneMatch(each -> each.severity() == Severity.FAIL));
    Choice choice = diagnosis.choice().orElseThrow();
    try (Transport transport = Transport.open(config);
        Listener listener = transport.listen(new InetSocketAddress("0.0.0.0", 0));
        Endpoint endpoint =
            transport.connect(new InetSocketAddress(HOST, listener.address().getPort()));
        Endpoint _ = listener.accept()) {
      assertEquals(new Link.Rdma(choice.device(), choice.port()), endpoint.link());
      String path = endpoint.linkReport().path();
      assertTrue(path.contains("GID %d %s".formatted(choice.gidIndex(), choice.gid())), path);
      assertTrue(path.contains("partition 0x%04x".formatted(choice.pkey())), path);
    }
    return diagnosis;
  }

  /** Otherwise what trees of files prove would be worth nothing. */
  @Test
  void shouldReadFromFilesWhatTheLibrarySays() {
    DoctorOptions options = DoctorOptions.defaults();
    Host live = Host.read(options);
    Host byFiles = Host.read(options, null);
    assertFalse(live.survey().ports().isEmpty());
    assertEquals(
        live.survey().ports().stream().map(RdmaDoctorTest::comparable).toList(),
        byFiles.survey().ports().stream().map(RdmaDoctorTest::comparable).toList());
    assertEquals(live.choice(), byFiles.choice());
  }

  /** Without what the kernel's files do not tell. */
  private static RdmaPort comparable(RdmaPort port) {
    PortAttributes of = port.attributes();
    var attributes =
        new PortAttributes(
            of.number(),
            of.state(),
            of.linkLayer(),
            0,
            0,
            0,
            of.lid(),
            of.lidMaskBits(),
            of.smLid(),
            0,
            of.pkeyTableLength(),
            of.lanes(),
            of.laneMegabitsPerSecond(),
            false);
    return new RdmaPort(port.device(), attributes, port.gids(), port.pkeys(), port.distance());
  }

  @Test
  void shouldTellAnOrdinaryUserOfTheLimitOfLockedMemory() throws Exception {
    requireRoot();
    Path folder = ChildJvm.readableFolder();
    try {
      ChildJvm.Ended ended =
          ChildJvm.run(ChildJvm.asNobody(folder, 65536, NEEDED, DoctorProgram.class));
      assertEquals(1, ended.status(), ended::said);
      assertTrue(ended.said().contains("\nFAIL locked-memory: "), ended::said);
      assertTrue(ended.said().contains("RLIMIT_MEMLOCK"), ended::said);
      // The guest's root is that of the machine that it runs on, which may be a container.
      String cure =
          ended.said().contains(", in a container")
              ? "-> Start the container with --device"
              : "-> ulimit -l unlimited #";
      assertTrue(ended.said().contains(cure), ended::said);
      assertEquals("locked-memory", firstFailure(ended), ended::said);
    } finally {
      ChildJvm.remove(folder);
    }
  }

  @Test
  void shouldTellAnOrdinaryUserOfTheRightsOfTheNode() throws Exception {
    requireRoot();
    Path folder = ChildJvm.readableFolder();
    try {
      List<String> command =
          new ArrayList<>(
              List.of(
                  "unshare",
                  "--mount",
                  "bash",
                  "-ec",
                  """
                  cp -a /dev/infiniband /tmp/nodes.$$
                  mount --bind /tmp/nodes.$$ /dev/infiniband
                  chmod 0600 /dev/infiniband/uverbs*
                  exec "$@"
                  """,
                  "nodes"));
      command.addAll(ChildJvm.asNobody(folder, 1L << 40, NEEDED, DoctorProgram.class).command());
      ChildJvm.Ended ended = ChildJvm.run(new ProcessBuilder(command).directory(folder.toFile()));
      assertEquals(1, ended.status(), ended::said);
      assertEquals("modules", firstFailure(ended), ended::said);
      assertTrue(
          ended.said().contains("This user may not open /dev/infiniband/uverbs"), ended::said);
      assertTrue(ended.said().contains("-> chmod 0666 /dev/infiniband/uverbs"), ended::said);
    } finally {
      ChildJvm.remove(folder);
    }
  }

  /** Hides files of one folder from a program: whiteouts of an overlay in a mount namespace. */
  private static ChildJvm.Ended without(String folder, String... names) throws Exception {
    requireRoot();
    String script =
        """
        at=$1; shift
        over=$(mktemp -d)
        mount -t tmpfs over $over
        mkdir $over/upper $over/work
        while test "$1" != --; do mknod $over/upper/$1 c 0 0; shift; done
        shift
        mount -t overlay -o lowerdir=$at,upperdir=$over/upper,workdir=$over/work none $at
        exec "$@"
        """;
    List<String> command =
        new ArrayList<>(List.of("unshare", "--mount", "bash", "-ec", script, "without", folder));
    command.addAll(List.of(names));
    command.add("--");
    command.addAll(ChildJvm.of(DoctorProgram.class).command());
    return ChildJvm.run(new ProcessBuilder(command));
  }

  @Test
  void shouldMissTheLibrary() throws Exception {
    ChildJvm.Ended ended = without(LIBRARIES, "libibverbs.so.1");
    assertEquals(1, ended.status(), ended::said);
    assertEquals("libraries", firstFailure(ended), ended::said);
    assertTrue(
        ended
            .said()
            .contains(
                "FAIL libraries: libibverbs.so.1 is not installed. -> apt-get install -y rdma-core"
                    + " ibverbs-providers librdmacm1\n"),
        ended::said);
  }

  @Test
  void shouldMissTheLibraryOfTheConnectionManager() throws Exception {
    ChildJvm.Ended ended = without(LIBRARIES, "librdmacm.so.1");
    assertEquals(0, ended.status(), ended::said);
    assertTrue(
        ended.said().contains("\nWARN libraries: librdmacm.so.1 is not installed."), ended::said);
  }

  @Test
  void shouldMissTheProvider() throws Exception {
    ChildJvm.Ended ended = without(LIBRARIES + "/libibverbs", "librxe-rdmav34.so");
    assertEquals(1, ended.status(), ended::said);
    assertEquals("libraries", firstFailure(ended), ended::said);
    assertTrue(
        ended.said().contains("FAIL libraries: libibverbs has no provider for "), ended::said);
  }

  @Test
  void shouldMissTheNodes() throws Exception {
    requireRoot();
    List<String> command =
        new ArrayList<>(
            List.of(
                "unshare",
                "--mount",
                "bash",
                "-ec",
                "mount -t tmpfs none /dev/infiniband; exec \"$@\"",
                "nodes"));
    command.addAll(ChildJvm.of(DoctorProgram.class).command());
    ChildJvm.Ended ended = ChildJvm.run(new ProcessBuilder(command));
    assertEquals(1, ended.status(), ended::said);
    assertEquals("modules", firstFailure(ended), ended::said);
    assertTrue(ended.said().contains("but its node /dev/infiniband/uverbs"), ended::said);
  }

  /** A cgroup forbids even root what the rights of the file allow everybody. */
  @Test
  void shouldSayThatACgroupForbidsTheNode() throws Exception {
    requireRoot();
    List<String> command =
        new ArrayList<>(
            List.of(
                "unshare",
                "--mount",
                "bash",
                "-ec",
                """
                at=$(mktemp -d)
                mount -t cgroup -o devices devices $at
                mkdir $at/verbena.$$
                trap 'echo $$ >$at/cgroup.procs; rmdir $at/verbena.$$' EXIT
                echo $$ >$at/verbena.$$/cgroup.procs
                echo "c $((0x$(stat -c %t /dev/infiniband/uverbs0))):* rwm" >$at/verbena.$$/devices.deny
                "$@"
                """,
                "cgroup"));
    command.addAll(ChildJvm.of(DoctorProgram.class).command());
    ChildJvm.Ended ended = ChildJvm.run(new ProcessBuilder(command));
    assertEquals(1, ended.status(), ended::said);
    assertEquals("modules", firstFailure(ended), ended::said);
    assertTrue(ended.said().contains("cannot be opened: Operation not permitted."), ended::said);
    assertTrue(ended.said().contains("-> Put it into the cgroup's list of devices"), ended::said);
  }

  /** The check that the first line with FAIL is of. */
  private static String firstFailure(ChildJvm.Ended ended) {
    return ended
        .said()
        .lines()
        .filter(line -> line.startsWith("FAIL "))
        .map(line -> line.substring("FAIL ".length(), line.indexOf(':')))
        .findFirst()
        .orElse("none");
  }

  private static void requireRoot() {
    assumeTrue("root".equals(System.getProperty("user.name")), "only root can take something away");
  }
}
