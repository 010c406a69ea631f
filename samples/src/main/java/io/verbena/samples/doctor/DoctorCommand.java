package io.verbena.samples.doctor;

import io.verbena.doctor.Diagnosis;
import io.verbena.doctor.Doctor;
import io.verbena.doctor.DoctorOptions;
import io.verbena.doctor.DoctorServer;
import io.verbena.samples.Port;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Says whether RDMA works here, and what to mend first if it does not. */
@Command(
    name = "doctor",
    description = {
      "Say whether RDMA works here, and what to mend first if it does not.",
      "Only looks: nothing is installed, loaded or changed."
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:RDMA can be used, with --peer to that peer",
      "1:only TCP can be used, or nothing",
      "2:wrong use"
    })
public final class DoctorCommand implements Callable<Integer> {
  private static final int ONLY_TCP = 1;
  private static final String DEFAULT_PORT = "7000";

  @Mixin private final LookOptions look = new LookOptions();

  @Option(
      names = "--online",
      description = "Ask Azure's metadata service for this machine's size (1 s at most).")
  private boolean online;

  @Option(
      names = "--peer",
      paramLabel = "HOST:PORT",
      converter = HostAndPort.class,
      description = "Try the way to a doctor that serves there (15 s at most).")
  private @Nullable InetSocketAddress peer;

  @Option(
      names = "--serve",
      paramLabel = "PORT",
      arity = "0..1",
      fallbackValue = DEFAULT_PORT,
      converter = Port.class,
      description = "Let other doctors try the way here, until Ctrl-C; by default on port 7000.")
  private @Nullable Integer serve;

  @Spec private CommandSpec spec = CommandSpec.create();

  /** Creates the command, for picocli. */
  public DoctorCommand() {}

  @Override
  public Integer call() throws IOException {
    DoctorOptions options = look.options(spec.commandLine());
    requireSense();
    if (serve != null) {
      return serve(options, serve);
    }
    if (peer != null) {
      options = options.withPeer(peer);
    }
    if (online) {
      options = options.withMetadata(MetadataService.ofAzure().ask());
    }
    Diagnosis diagnosis = Doctor.examine(options);
    System.out.println(
        look.json() ? Json.of(diagnosis) : Page.of(diagnosis, Ansi.AUTO).stripTrailing());
    return diagnosis.rdmaUsable() ? 0 : ONLY_TCP;
  }

  private void requireSense() {
    if (serve != null && (peer != null || online || look.json())) {
      throw new ParameterException(
          spec.commandLine(), "--serve: goes with none of --peer, --online and --json");
    }
    if ((serve != null || peer != null) && !look.isMachine()) {
      throw new ParameterException(
          spec.commandLine(), "--root: goes with neither --peer nor --serve");
    }
  }

  private static int serve(DoctorOptions options, int port) throws IOException {
    var address = new InetSocketAddress(port);
    try (var server =
        DoctorServer.open(options, address, visit -> System.out.println(Page.lines(visit)))) {
      System.out.println("listening on port " + server.address().getPort());
      System.out.println(
          "On the other machine: ./verbena doctor --peer THIS-HOST:" + server.address().getPort());
      System.out.println(Page.lines(Doctor.examine(options).summary()));
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 0;
  }
}
