package io.verbena.samples;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** A command that the launcher carries out itself: here for the help, and to say so. */
@Command
final class LauncherCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Unmatched private List<String> arguments = new ArrayList<>();

  @Override
  public Integer call() {
    return Complaints.misuse(
        "'%s' is a command of the launcher: run ./verbena %s"
            .formatted(
                spec.name(), String.join(" ", spec.name(), String.join(" ", arguments)).strip()));
  }
}
