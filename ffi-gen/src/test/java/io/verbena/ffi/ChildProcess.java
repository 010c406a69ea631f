package io.verbena.ffi;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a program to its end, within a deadline. */
final class ChildProcess {
  private static final int DEADLINE_SECONDS = 180;

  private ChildProcess() {}

  /** How a program ended and what it printed. */
  record Result(int status, String output, String errors) {}

  static Result run(List<String> command) throws IOException, InterruptedException {
    return run(command, Map.of());
  }

  static Result run(List<String> command, Map<String, String> environment)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("verbena-output", ".txt");
    Path errors = Files.createTempFile("verbena-errors", ".txt");
    try {
      var builder = new ProcessBuilder(command);
      builder.environment().put("LC_ALL", "C");
      builder.environment().putAll(environment);
      Process process =
          builder.redirectOutput(output.toFile()).redirectError(errors.toFile()).start();
      process.getOutputStream().close();
      if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
        throw new AssertionError("still running after " + DEADLINE_SECONDS + " s: " + command);
      }
      return new Result(process.exitValue(), text(output), text(errors));
    } finally {
      Files.delete(output);
      Files.delete(errors);
    }
  }

  /** Runs a main class of the tests in a JVM like this one. */
  static Result java(List<String> options, Class<?> main, Map<String, String> environment)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    command.addAll(options);
    command.add(main.getName());
    return run(command, environment);
  }

  private static String text(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.UTF_8);
  }
}
