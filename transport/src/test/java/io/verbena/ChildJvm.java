package io.verbena;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Starts programs of the tests in a JVM of their own. */
public final class ChildJvm {
  /** A JVM takes long to start on an emulated processor. */
  private static final long PATIENCE_SECONDS = 120;

  private ChildJvm() {}

  /**
   * A program with the class path of the tests.
   *
   * @param program what to run
   * @param arguments its arguments
   * @return not started yet; what it prints goes to a pipe, its errors to ours
   */
  public static ProcessBuilder of(Class<?> program, String... arguments) {
    return builder(List.of(), System.getProperty("java.class.path"), program, arguments);
  }

  /**
   * A program with the class path of the tests, and flags of its own.
   *
   * @param flags for the JVM, after those that all of these programs have
   * @param program what to run
   * @param arguments its arguments
   * @return not started yet
   */
  public static ProcessBuilder withFlags(
      List<String> flags, Class<?> program, String... arguments) {
    ProcessBuilder builder = of(program, arguments);
    List<String> command = new ArrayList<>(builder.command());
    command.addAll(command.indexOf("-cp"), flags);
    return builder.command(command);
  }

  /**
   * A program of a user without any right, who may lock so much memory.
   *
   * @param folder what {@link #readableFolder} has returned
   * @param lockableBytes the limit
   * @param needed classes of which the program needs those that lie in the same place
   * @param program what to run
   * @param arguments its arguments
   * @return not started yet
   */
  public static ProcessBuilder asNobody(
      Path folder,
      long lockableBytes,
      List<Class<?>> needed,
      Class<?> program,
      String... arguments) {
    // Copies: the project's folder may be in somebody's home.
    String path =
        Stream.concat(needed.stream(), Stream.of(program))
            .map(ChildJvm::home)
            .distinct()
            .map(place -> copy(place, folder).toString())
            .collect(Collectors.joining(":"));
    List<String> user =
        List.of(
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "prlimit",
            "--memlock=" + lockableBytes + ":" + lockableBytes);
    return builder(user, path, program, arguments).directory(folder.toFile());
  }

  private static ProcessBuilder builder(
      List<String> prefix, String classPath, Class<?> program, String... arguments) {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            classPath,
            program.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
  }

  /** How a program ended, and what it said. */
  public record Ended(int status, String said) {}

  /**
   * Runs a program to its end.
   *
   * @param program not started yet
   * @return all that it printed, errors too
   */
  public static Ended run(ProcessBuilder program) throws IOException, InterruptedException {
    Process process = program.redirectErrorStream(true).start();
    try {
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException("the program does not end; it said " + said);
      }
      return new Ended(process.exitValue(), said);
    } finally {
      process.destroyForcibly();
    }
  }

  /** A new folder that every user can read. */
  public static Path readableFolder() throws IOException {
    return Files.createTempDirectory(
        "verbena",
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
  }

  private static Path home(Class<?> type) {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath());
  }

  private static Path copy(Path from, Path folder) {
    // A class path wants the names of archives to end as they do.
    Path to = folder.resolve(Integer.toHexString(from.hashCode()) + '-' + from.getFileName());
    command("cp", "-r", from.toString(), to.toString());
    command("chmod", "-R", "a+rX", to.toString());
    return to;
  }

  /** Removes a folder and all that is in it. */
  public static void remove(Path folder) {
    command("rm", "-rf", folder.toString());
  }

  private static void command(String... words) {
    try {
      Ended ended = run(new ProcessBuilder(words));
      if (ended.status() != 0) {
        throw new IOException(String.join(" ", words) + ": " + ended.said());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
