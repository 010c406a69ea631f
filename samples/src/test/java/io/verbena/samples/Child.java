package io.verbena.samples;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A process of the running JDK, and what it left. */
record Child(int status, String out, String err, Duration duration) {
  private static final long TIMEOUT_SECONDS = 120;

  /** Runs a program of the JDK to its end. */
  static Child run(Path folder, String program, List<String> arguments) throws Exception {
    return run(folder, new ProcessBuilder(command(program, arguments)));
  }

  /** Runs any program to its end. */
  static Child run(Path folder, ProcessBuilder program) throws Exception {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    long began = System.nanoTime();
    Process process =
        program
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new TimeoutException(text(out) + text(err));
    }
    return new Child(
        process.exitValue(), text(out), text(err), Duration.ofNanos(System.nanoTime() - began));
  }

  static List<String> command(String program, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", program).toString());
    command.addAll(arguments);
    return command;
  }

  private static String text(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.UTF_8);
  }

  /** The jar, or the folder of classes, that a class comes from. */
  static Path home(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  static Path home(String type) throws Exception {
    return home(Class.forName(type));
  }
}
