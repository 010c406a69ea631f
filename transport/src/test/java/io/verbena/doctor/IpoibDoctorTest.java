package io.verbena.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.verbena.ChildJvm;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kernel's own word about an interface of InfiniBand's type, in a network namespace. */
@Timeout(180)
class IpoibDoctorTest {
  /** Leaves with it when there is no such network here. */
  private static final int CANNOT = 77;

  /** The numbers are those of {@code linux/if_tun.h}, as in IpoibTest, and ARPHRD_INFINIBAND. */
  private static final String NETWORK =
      """
      set -e
      {
        trap 'exit 77' ERR
        mount -t sysfs none /sys
        # An interface has a carrier as long as somebody has its other end.
        perl -e '
          open(my $tun, "+<", "/dev/net/tun") or die "/dev/net/tun: $!\\n";
          my ($name, $type, $stay) = (pack("a16sx22", "ib7", 0x1001), 32, 1);
          ioctl($tun, 0x400454ca, $name) or die "TUNSETIFF: $!\\n";
          ioctl($tun, 0x400454cd, $type) or die "TUNSETLINK: $!\\n";
          ioctl($tun, 0x400454cb, $stay) or die "TUNSETPERSIST: $!\\n";
          sleep 120;' &
        end=$!
        for _ in $(seq 100); do test -d /sys/class/net/ib7 && break; sleep 0.1; done
        until test $(cat /sys/class/net/ib7/type) = 32; do sleep 0.1; kill -0 $end; done
        sysctl -qw net.ipv6.conf.ib7.disable_ipv6=1
        if test $1 != down; then ip link set ib7 up; fi
        if test $1 = address; then ip address add 192.0.2.1/24 dev ib7; fi
      }
      shift
      status=0
      "$@" || status=$?
      kill $end
      exit $status
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "address | OK ipoib: TCP can go over InfiniBand: ib7 is up and has an address. -> ",
        "up | WARN ipoib: ib7 has no address.",
        "down | WARN ipoib: ib7 is not up.",
      })
  void shouldSeeIpOverInfiniband(String state, String finding) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of("unshare", "--net", "--mount", "bash", "-c", NETWORK, "network", state));
    command.addAll(ChildJvm.of(DoctorProgram.class).command());
    ChildJvm.Ended ended = ChildJvm.run(new ProcessBuilder(command));
    boolean refused = ended.status() == CANNOT || ended.said().contains("unshare failed");
    assumeTrue(!refused, () -> "no network of its own with a TUN device here: " + ended.said());
    String said = ended.said();
    assertTrue(said.contains("\n" + finding), said);
    assertTrue(said.contains("/sys/class/net/ib7: type 32"), said);
    assertEquals(
        state.equals("address"), said.lines().findFirst().orElse("").contains("TCP on ib7"), said);
  }
}
