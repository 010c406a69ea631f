package io.verbena;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A host with several addresses is reached over InfiniBand: the kernel's own interfaces say so, in
 * a network namespace where one of them is of that type.
 */
@Timeout(180)
class IpoibTest {
  /** Leaves with it when there is no such network here. */
  private static final int CANNOT = 77;

  /**
   * A TUN device whose type is set before it is up is one of IP over InfiniBand to everybody who
   * asks sysfs. The numbers are TUNSETIFF, TUNSETLINK and TUNSETPERSIST, of {@code linux/if_tun.h},
   * and ARPHRD_INFINIBAND.
   */
  private static final String NETWORK =
      """
      set -e
      {
        trap 'exit 77' ERR
        mount -t sysfs none /sys
        ip link set lo up
        perl -e '
          open(my $tun, "+<", "/dev/net/tun") or die "/dev/net/tun: $!\\n";
          my ($name, $type, $stay) = (pack("a16sx22", "ib7", 0x1001), 32, 1);
          ioctl($tun, 0x400454ca, $name) or die "TUNSETIFF: $!\\n";
          ioctl($tun, 0x400454cd, $type) or die "TUNSETLINK: $!\\n";
          ioctl($tun, 0x400454cb, $stay) or die "TUNSETPERSIST: $!\\n";'
        ip tuntap add eth7 mode tun
        ip tuntap add eth8 mode tun
        ip address add 192.0.2.1/24 dev ib7
        ip address add 198.51.100.1/24 dev eth7
        ip address add 203.0.113.1/24 dev eth8
        for each in ib7 eth7 eth8; do ip link set $each up; done
        test $(cat /sys/class/net/ib7/type) = 32
      }
      exec "$@"
      """;

  /** One name for an address of each interface, another without that over InfiniBand. */
  private static final String HOSTS =
      """
      198.51.100.1 with-ipoib
      192.0.2.1 with-ipoib
      203.0.113.1 with-ipoib
      203.0.113.1 without
      198.51.100.1 without
      """;

  @TempDir private Path folder;

  /** Connects to the hosts that it is told, and says how it did. */
  static final class Program {
    private Program() {}

    /** Ends when it has said so. */
    public static void main(String... hosts) throws IOException {
      try (Transport transport = Transport.open(EndpointPair.PATIENT.withRdma(RdmaMode.OFF));
          Listener listener = transport.listen(new InetSocketAddress("0.0.0.0", 0))) {
        for (String host : hosts) {
          try (Endpoint endpoint =
                  transport.connect(
                      InetSocketAddress.createUnresolved(host, listener.address().getPort()));
              Endpoint server = listener.accept()) {
            endpoint.send(EndpointPair.number(1));
            server.receive().release();
            System.out.printf(
                "%s: %s over %s%n",
                host,
                endpoint.remoteAddress().getAddress().getHostAddress(),
                ((Link.Tcp) endpoint.link()).nic());
          }
        }
      }
    }
  }

  @Test
  void shouldPreferTheAddressThatIsReachedOverInfiniband() throws Exception {
    Path hosts = Files.writeString(folder.resolve("hosts"), HOSTS);
    List<String> command =
        new ArrayList<>(List.of("unshare", "--net", "--mount", "bash", "-c", NETWORK, "network"));
    command.addAll(ChildJvm.of(Program.class, "with-ipoib", "without").command());
    var program = new ProcessBuilder(command);
    program.environment().put("JDK_JAVA_OPTIONS", "-Djdk.net.hosts.file=" + hosts);
    ChildJvm.Ended ended = ChildJvm.run(program);
    boolean refused = ended.status() == CANNOT || ended.said().contains("unshare failed");
    assumeTrue(!refused, () -> "no network of its own with a TUN device here: " + ended.said());
    String said =
        ended
            .said()
            .lines()
            .filter(line -> line.startsWith("with"))
            .collect(Collectors.joining("\n"));
    assertEquals(
        "with-ipoib: 192.0.2.1 over ib7\nwithout: 203.0.113.1 over eth8", said, ended::said);
  }
}
