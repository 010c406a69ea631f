package io.verbena.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.verbena.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** That the doctor changes nothing of a machine, by all that it asks the kernel for. */
@Timeout(180)
class ReadsOnlyDoctorTest {
  /** Every call by which a program could change something that outlives it, or start another. */
  private static final String CALLS =
      "%file,%creds,open_by_handle_at,ftruncate,fchmod,fchown,fsetxattr,fremovexattr,"
          + "init_module,finit_module,delete_module,kexec_load,bpf,execve,execveat,fork,vfork,"
          + "kill,tgkill,sethostname,setdomainname,settimeofday,clock_settime,syslog,reboot,"
          + "setrlimit,prlimit64,setpriority,socket,bind,sendto,sendmsg,sendmmsg,ioctl";

  /** What merely looks: names of calls, and the beginnings of others, with what they look at. */
  private static final List<Pattern> LOOKS =
      List.of(
          // Opened to read.
          Pattern.compile("open(at)?\\((AT_FDCWD, )?\"[^\"]*\", O_RDONLY(?!.*O_(CREAT|TRUNC)).*"),
          Pattern.compile(
              "(stat|lstat|newfstatat|statx|statfs|access|faccessat2?|readlink(at)?)\\(.*"),
          Pattern.compile("(getcwd|get(e?[ug]id|res[ug]id|groups)|capget)\\(.*"),
          // The JVM starts, names its threads, keeps its own memory out of its core dumps, and asks
          // for its limits.
          Pattern.compile("prctl\\(PR_SET_NAME, .*"),
          Pattern.compile("execve\\(\"[^\"]*/bin/java\", .*"),
          Pattern.compile("openat\\(AT_FDCWD, \"/proc/self/coredump_filter\", O_RDWR.*"),
          Pattern.compile("prlimit64\\(0, RLIMIT_\\w+, NULL, .*"),
          Pattern.compile(
              "prlimit64\\(0, RLIMIT_NOFILE, \\{rlim_cur=([^,]+), rlim_max=\\1}, NULL\\).*"),
          // Sockets over which interfaces and RDMA devices are asked for.
          Pattern.compile("socket\\(.*"),
          Pattern.compile("bind\\(\\d+, \\{sa_family=AF_NETLINK.*"),
          Pattern.compile("send(to|msg)\\(\\d+, .*nlmsg_type=RTM_GET\\w+.*"),
          // RDMA_NLDEV_CMD_GET and RDMA_NLDEV_CMD_GET_CHARDEV of rdma/rdma_netlink.h.
          Pattern.compile(
              "sendmsg\\(\\d+, \\{msg_name=\\{sa_family=AF_NETLINK.*nlmsg_type=0x140[1f] .*"),
          Pattern.compile("ioctl\\(\\d+, (TCGETS|SIOCGIF\\w+|FIONREAD|FIOCLEX),? ?.*"),
          // The device itself, which is opened for a moment, and used.
          Pattern.compile("openat\\(AT_FDCWD, \"/dev/infiniband/(uverbs\\d+|rdma_cm)\", O_RDWR.*"),
          Pattern.compile(
              "ioctl\\(\\d+, (RDMA_VERBS_IOCTL|_IOC\\(_IOC_READ\\|_IOC_WRITE, 0x1b, 0x1,).*"));

  @TempDir Path folder = Path.of("");

  @Test
  void shouldOnlyLook() throws Exception {
    List<String> told = tracedCalls(folder, List.of());
    assertTrue(told.stream().anyMatch(call -> call.contains("/sys/class/infiniband")), "it looks");
    List<String> others =
        told.stream()
            .filter(call -> LOOKS.stream().noneMatch(look -> look.matcher(call).matches()))
            .distinct()
            .toList();
    assertEquals(List.of(), others);
  }

  /** Otherwise the test above would pass whatever the doctor does. */
  @Test
  void shouldNoticeAWrite() throws Exception {
    Path log = folder.resolve("written.log");
    List<String> told = tracedCalls(folder, List.of("-Xlog:gc:file=" + log));
    assertTrue(Files.exists(log));
    assertFalse(
        told.stream()
            .filter(call -> call.contains(log.toString()) && call.contains("O_CREAT"))
            .allMatch(call -> LOOKS.stream().anyMatch(look -> look.matcher(call).matches())));
  }

  /** The calls of all threads, with their arguments. */
  static List<String> tracedCalls(Path folder, List<String> flags) throws Exception {
    List<String> more = new ArrayList<>(flags);
    // The JVM's own file for jps, in /tmp.
    more.add("-XX:-UsePerfData");
    Path trace = folder.resolve("trace");
    List<String> command =
        new ArrayList<>(
            List.of(
                "strace",
                "-f",
                "-qq",
                "-s",
                "256",
                "-e",
                "signal=none",
                "-e",
                "trace=" + CALLS,
                "-o"));
    command.add(trace.toString());
    command.addAll(ChildJvm.withFlags(more, DoctorProgram.class).command());
    assumeTrue(mayTrace(), "strace is not there, or may not trace");
    ChildJvm.Ended ended = ChildJvm.run(new ProcessBuilder(command));
    assertTrue(ended.said().contains("platform: "), ended::said);
    return Files.readAllLines(trace).stream()
        .map(line -> line.replaceFirst("^\\d+ +", ""))
        // The rest of a call that another thread has interrupted: its beginning has the arguments.
        .filter(line -> !line.startsWith("<... "))
        .toList();
  }

  private static boolean mayTrace() throws Exception {
    try {
      return ChildJvm.run(new ProcessBuilder("strace", "-qq", "-e", "trace=none", "true")).status()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
