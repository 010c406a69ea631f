package io.verbena.samples.run;

import io.verbena.samples.Main;
import io.verbena.samples.SampleCommand;
import io.verbena.samples.ThisJvm;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Starts several processes of a sample, or of any command, which find each other. */
@Command(
    name = "run",
    description = {
      "Start N processes of a sample or command that find each other.",
      "",
      "Each line that they write has their rank before it; standard input is that of rank 0. When"
          + " one fails the others are ended, unless there is --keep-going, and its exit status is"
          + " that of run. What they leave running when all have ended is ended, too.",
      ""
    },
    customSynopsis = {
      "./verbena run -n N [OPTION...] NAME [ARGUMENT...]",
      "       ./verbena run -n N [OPTION...] -- COMMAND [ARGUMENT...]"
    })
public final class RunCommand implements Callable<Integer> {
  /** More processes than that on one machine are a slip of the finger. */
  private static final int MOST = 1024;

  private static final int MOST_SECONDS = 365 * 24 * 3600;

  private static final String END_OF_OPTIONS = "--";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "-n",
      paramLabel = "N",
      required = true,
      description = "How many processes, 1 to " + MOST + ".")
  private int size;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "End all of them after that time; by default never.")
  private @Nullable Integer timeout;

  @Option(
      names = "--keep-going",
      description = "When one fails, say so and leave the others alone: they can shrink.")
  private boolean keepGoing;

  @Parameters(
      paramLabel = "NAME",
      arity = "1..*",
      description = "A sample (./verbena sample lists them), or after -- any command.")
  private List<String> words = new ArrayList<>();

  /** Creates the command, for picocli. */
  public RunCommand() {}

  /**
   * Runs the processes.
   *
   * @return the exit status of the first that failed, or 0
   * @throws IOException if they cannot be started; its message says why
   * @throws InterruptedException if this thread is interrupted
   */
  @Override
  public Integer call() throws IOException, InterruptedException {
    if (size < 1 || size > MOST) {
      throw misuse("-n is 1 to " + MOST);
    }
    if (timeout != null && (timeout < 1 || timeout > MOST_SECONDS)) {
      throw misuse("--timeout is 1 to " + MOST_SECONDS);
    }
    List<String> command = isCommand() ? found(words) : sample(words);
    Duration limit = timeout == null ? null : Duration.ofSeconds(timeout);
    return LocalJob.run(size, command, limit, keepGoing);
  }

  /** Options end with the first word; only {@code --} can have ended them before it. */
  private boolean isCommand() {
    List<String> typed = spec.commandLine().getParseResult().originalArgs();
    int before = typed.size() - words.size() - 1;
    return typed.get(before).equals(END_OF_OPTIONS);
  }

  private List<String> sample(List<String> words) {
    String name = words.getFirst();
    Set<String> samples = SampleCommand.names();
    if (!samples.contains(name)) {
      throw misuse(
          isThere(name)
              ? "'%s' is no sample; any other command stands after --: ./verbena run -n %d -- %s"
                  .formatted(name, size, String.join(" ", words))
              : "unknown sample '%s', there are: %s".formatted(name, String.join(", ", samples)));
    }
    List<String> arguments = new ArrayList<>(List.of("sample"));
    arguments.addAll(words);
    return ThisJvm.command(Main.class, arguments);
  }

  private List<String> found(List<String> words) {
    String name = words.getFirst();
    if (isThere(name)) {
      return words;
    }
    throw misuse(
        SampleCommand.names().contains(name)
            ? "there is no command '%s'; the sample of that name is started without --"
                .formatted(name)
            : "there is no command '%s' that can be executed".formatted(name));
  }

  private static boolean isThere(String command) {
    if (command.contains(File.separator)) {
      return isProgram(Path.of(command));
    }
    String path = System.getenv().getOrDefault("PATH", "");
    return !command.isEmpty()
        && Stream.of(path.split(File.pathSeparator, -1))
            .anyMatch(folder -> isProgram(Path.of(folder, command)));
  }

  private static boolean isProgram(Path file) {
    return Files.isExecutable(file) && Files.isRegularFile(file);
  }

  private ParameterException misuse(String what) {
    return new ParameterException(spec.commandLine(), what);
  }
}
