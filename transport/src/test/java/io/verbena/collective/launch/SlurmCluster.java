package io.verbena.collective.launch;

import io.verbena.ChildJvm;
import io.verbena.ChildJvm.Ended;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A Slurm cluster that is this machine alone, of Debian's packages, with all of its files in a
 * folder of its own and beside any other that may run here. Needs root, as Slurm's daemons do.
 */
final class SlurmCluster {
  /** What the daemons and {@code srun} are called. */
  static final List<String> PROGRAMS = List.of("munged", "slurmctld", "slurmd", "srun", "sinfo");

  private static final long READY_SECONDS = 60;
  private static final long END_SECONDS = 10;

  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");

  private final Path folder;
  private final List<Process> daemons = new CopyOnWriteArrayList<>();

  /** The daemons end with the thread that has started them: that of a test ends too early. */
  private final ExecutorService starter =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("slurm-starter").factory());

  private SlurmCluster(Path folder) {
    this.folder = folder;
  }

  static SlurmCluster start() throws IOException, InterruptedException {
    var cluster = new SlurmCluster(ChildJvm.readableFolder());
    // Where the tests are ended from outside, nobody calls end().
    Runtime.getRuntime().addShutdownHook(new Thread(cluster::stopDaemons));
    try {
      cluster.configure();
      cluster.startMunge();
      cluster.startDaemon("slurmctld", "-D", "-c");
      cluster.startDaemon("slurmd", "-D", "-N", "localhost");
      cluster.awaitNode();
      return cluster;
    } catch (IOException | InterruptedException | RuntimeException e) {
      cluster.end();
      throw e;
    }
  }

  /** What programs need in their environment to use this cluster. */
  Map<String, String> environment() {
    return Map.of("SLURM_CONF", file("slurm.conf").toString());
  }

  private Path file(String name) {
    return folder.resolve(name);
  }

  private void configure() throws IOException {
    for (String name : List.of("state", "spool", "log")) {
      Files.createDirectory(file(name));
    }
    byte[] key = new byte[1024];
    new SecureRandom().nextBytes(key);
    Path keyFile =
        Files.createFile(
            file("munge.key"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.write(keyFile, key);
    // No plugin uses control groups; this one does not look for them, so that a container will do.
    Files.writeString(file("cgroup.conf"), "CgroupPlugin=cgroup/v1\n");
    String host = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    try (var first = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var second = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Files.writeString(
          file("slurm.conf"),
          configuration(
              host.replaceFirst("\\..*", ""), first.getLocalPort(), second.getLocalPort()));
    }
  }

  private String configuration(String host, int controllerPort, int nodePort) {
    return """
        ClusterName=verbena
        SlurmctldHost=HOST(127.0.0.1)
        SlurmUser=root
        SlurmdUser=root
        AuthType=auth/munge
        AuthInfo=socket=FOLDER/munge.socket
        CredType=cred/munge
        SlurmctldPort=CONTROLLER_PORT
        SlurmdPort=NODE_PORT
        StateSaveLocation=FOLDER/state
        SlurmdSpoolDir=FOLDER/spool
        SlurmctldPidFile=FOLDER/slurmctld.pid
        SlurmdPidFile=FOLDER/slurmd.pid
        SlurmctldLogFile=FOLDER/log/slurmctld
        SlurmdLogFile=FOLDER/log/slurmd
        ProctrackType=proctrack/linuxproc
        TaskPlugin=task/none
        SelectType=select/cons_tres
        SwitchType=switch/none
        MpiDefault=none
        ReturnToService=2
        NodeName=localhost NodeHostname=HOST NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
        PartitionName=all Nodes=localhost Default=YES MaxTime=INFINITE State=UP
        # Whatever the machine has: the processes share its processors.
        SlurmdParameters=config_overrides
        """
        .replace("HOST", host)
        .replace("FOLDER", folder.toString())
        .replace("CONTROLLER_PORT", "" + controllerPort)
        .replace("NODE_PORT", "" + nodePort);
  }

  private void startMunge() throws IOException, InterruptedException {
    Path socket = file("munge.socket");
    startDaemon(
        "munged",
        "--foreground",
        "--force",
        "--socket=" + socket,
        "--key-file=" + file("munge.key"),
        "--pid-file=" + file("munged.pid"),
        "--log-file=" + file("log").resolve("munged.log"),
        "--seed-file=" + file("munge.seed"));
    await("munged", () -> Files.exists(socket));
  }

  private void startDaemon(String... command) throws IOException, InterruptedException {
    List<String> words = new ArrayList<>();
    if (Files.isExecutable(SETPRIV)) {
      // Then they end even where this JVM is killed.
      words.addAll(List.of(SETPRIV.toString(), "--pdeathsig", "TERM", "--"));
    }
    words.addAll(List.of(command));
    var builder =
        new ProcessBuilder(words)
            .redirectErrorStream(true)
            .redirectOutput(file("log").resolve(command[0] + ".out").toFile());
    builder.environment().putAll(environment());
    try {
      daemons.add(starter.submit(builder::start).get());
    } catch (ExecutionException e) {
      throw new IOException("cannot start " + command[0], e.getCause());
    }
  }

  private void stopDaemons() {
    daemons.reversed().forEach(Process::destroy);
  }

  private void awaitNode() throws IOException, InterruptedException {
    await(
        "the node",
        () -> {
          var sinfo = new ProcessBuilder("sinfo", "--noheader", "--format=%T");
          sinfo.environment().putAll(environment());
          Ended ended = ChildJvm.run(sinfo);
          return ended.status() == 0 && ended.said().strip().equals("idle");
        });
  }

  /** Something that is so or not. */
  private interface Condition {
    boolean holds() throws IOException, InterruptedException;
  }

  private void await(String who, Condition ready) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_SECONDS);
    while (!ready.holds()) {
      boolean isOver = System.nanoTime() > deadline;
      if (isOver || !daemons.stream().allMatch(Process::isAlive)) {
        throw new IOException("%s is not ready: %s".formatted(who, logs()));
      }
      Thread.sleep(100);
    }
  }

  private String logs() throws IOException {
    var logs = new StringBuilder();
    try (Stream<Path> files = Files.list(file("log"))) {
      for (Path log : files.sorted().toList()) {
        logs.append("\n--- ").append(log.getFileName()).append('\n').append(Files.readString(log));
      }
    }
    return logs.toString();
  }

  /** Ends the daemons, the last first, and removes their files. */
  void end() throws IOException, InterruptedException {
    for (Process daemon : daemons.reversed()) {
      daemon.destroy();
      if (!daemon.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        daemon.destroyForcibly().waitFor();
      }
    }
    starter.shutdown();
    ChildJvm.remove(folder);
  }
}
