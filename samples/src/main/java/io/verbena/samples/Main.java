package io.verbena.samples;

import io.verbena.samples.demo.DemoCommand;
import io.verbena.samples.doctor.DoctorCommand;
import io.verbena.samples.doctor.InfoCommand;
import io.verbena.samples.run.RunCommand;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line behind the launcher {@code ./verbena}. Complaints are one line on standard
 * error; nothing but {@code --debug} shows a stack trace.
 */
@Command(
    name = "./verbena",
    customSynopsis = "./verbena COMMAND [OPTION...]   (./verbena COMMAND --help says more)",
    description = "RDMA for Java, tried out on this machine.",
    commandListHeading = "%nCommands:%n",
    optionListHeading = "%nOptions:%n",
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:done",
      "1:it failed, or what was asked about is not so",
      "2:wrong use, or something that is needed is missing",
      "3:RDMA was required and is not available"
    },
    usageHelpAutoWidth = false,
    subcommands = {DoctorCommand.class, InfoCommand.class, DemoCommand.class, SampleCommand.class})
public final class Main implements Runnable {
  @SuppressWarnings("unused") // picocli acts on it
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help.")
  private boolean help;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Log more, show stack traces; so does VERBENA_DEBUG=1.")
  private boolean debug;

  private static final List<String> SECTIONS =
      List.of(
          UsageMessageSpec.SECTION_KEY_SYNOPSIS_HEADING,
          UsageMessageSpec.SECTION_KEY_SYNOPSIS,
          UsageMessageSpec.SECTION_KEY_DESCRIPTION,
          UsageMessageSpec.SECTION_KEY_PARAMETER_LIST,
          UsageMessageSpec.SECTION_KEY_COMMAND_LIST_HEADING,
          UsageMessageSpec.SECTION_KEY_COMMAND_LIST,
          UsageMessageSpec.SECTION_KEY_OPTION_LIST_HEADING,
          UsageMessageSpec.SECTION_KEY_OPTION_LIST,
          UsageMessageSpec.SECTION_KEY_EXIT_CODE_LIST_HEADING,
          UsageMessageSpec.SECTION_KEY_EXIT_CODE_LIST);

  private Main() {}

  /**
   * Runs one command and ends the process with its exit status.
   *
   * @param args as typed after {@code ./verbena}
   */
  public static void main(String... args) {
    int status = commandLine().execute(args);
    System.out.flush();
    System.exit(status);
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setHelpSectionKeys(SECTIONS)
        .addSubcommand("run", runCommand())
        .addSubcommand("test", launcherCommand("Run all tests, those of RDMA in a testbed guest."))
        .addSubcommand("testbed", launcherCommand("Run a command in a guest that has soft-RoCE."))
        .addSubcommand("perf", launcherCommand("Measure an area beside its peers."))
        .setExecutionStrategy(Main::run)
        .setParameterExceptionHandler(Main::complain)
        .setExecutionExceptionHandler((e, command, parsed) -> Complaints.report(e));
  }

  private static CommandLine launcherCommand(String description) {
    CommandSpec spec = CommandSpec.forAnnotatedObject(new LauncherCommand());
    spec.usageMessage().description(description);
    return new CommandLine(spec);
  }

  /** What follows the name of what is to be run is not ours. */
  private static CommandLine runCommand() {
    return new CommandLine(new RunCommand()).setStopAtPositional(true);
  }

  private static int run(ParseResult parsed) {
    boolean debug = parsed.commandSpec().userObject() instanceof Main main && main.debug;
    if (debug || Complaints.areDetailsWanted()) {
      Complaints.showDetails();
    }
    return new RunLast().execute(parsed);
  }

  private static int complain(ParameterException e, String[] args) {
    return Complaints.misuse(text(e));
  }

  private static String text(ParameterException e) {
    CommandSpec command = e.getCommandLine().getCommandSpec();
    String where = command.parent() == null ? "" : command.name() + ": ";
    if (!(e instanceof UnmatchedArgumentException unmatched)
        || unmatched.getUnmatched().isEmpty()) {
      String message = String.valueOf(e.getMessage());
      return where + message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1);
    }
    String word = unmatched.getUnmatched().getFirst();
    if (word.startsWith("-")) {
      return where + "unknown option '" + word + "'";
    }
    return command.subcommands().isEmpty()
        ? where + "unexpected argument '" + word + "'"
        : "unknown " + (command.parent() == null ? "command" : command.name()) + " '" + word + "'";
  }

  /** Without a command: the help, as a complaint. */
  @Override
  public void run() {
    throw new ParameterException(commandLine(), "no command given");
  }
}
