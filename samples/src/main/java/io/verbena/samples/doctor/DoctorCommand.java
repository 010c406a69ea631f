package io.verbena.samples.doctor;

import io.verbena.doctor.Diagnosis;
import io.verbena.doctor.Doctor;
import io.verbena.doctor.DoctorOptions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says whether RDMA works here, and what to mend first if it does not. */
@Command(
    name = "doctor",
    description = {
      "Say whether RDMA works here, and what to mend first if it does not.",
      "Only looks: nothing is installed, loaded or changed."
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {"0:RDMA can be used", "1:only TCP can be used", "2:wrong use"})
public final class DoctorCommand implements Callable<Integer> {
  private static final int ONLY_TCP = 1;

  @Mixin private final LookOptions look = new LookOptions();

  @Option(
      names = "--online",
      description = "Ask Azure's metadata service for this machine's size (1 s at most).")
  private boolean online;

  @Spec private CommandSpec spec = CommandSpec.create();

  /** Creates the command, for picocli. */
  public DoctorCommand() {}

  @Override
  public Integer call() {
    DoctorOptions options = look.options(spec.commandLine());
    if (online) {
      options = options.withMetadata(MetadataService.ofAzure().ask());
    }
    Diagnosis diagnosis = Doctor.examine(options);
    System.out.println(
        look.json() ? Json.of(diagnosis) : Page.of(diagnosis, Ansi.AUTO).stripTrailing());
    return diagnosis.rdmaUsable() ? 0 : ONLY_TCP;
  }
}
