package io.verbena.samples.doctor;

import io.verbena.doctor.Doctor;
import io.verbena.doctor.Inventory;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Lists what is there, for pasting into a bug report. */
@Command(
    name = "info",
    description = "List what is there: devices, ports, libraries, limits; for a bug report.")
public final class InfoCommand implements Callable<Integer> {
  @Mixin private final LookOptions look = new LookOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  /** Creates the command, for picocli. */
  public InfoCommand() {}

  @Override
  public Integer call() {
    Inventory inventory = Doctor.takeStock(look.options(spec.commandLine()));
    System.out.println(
        look.json() ? Json.of(inventory) : Page.of(inventory, Ansi.AUTO).stripTrailing());
    return 0;
  }
}
