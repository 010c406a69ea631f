package io.verbena.benchmarks;

import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import io.verbena.verbs.VerbsException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A {@code libibverbs.so.1} of our own with one device that does next to nothing, so that what is
 * left to measure is the cost of the calls. For benchmarks only: it says nothing about how RDMA
 * behaves.
 */
final class StubLibrary {
  /** Tells a measuring JVM where the library is. */
  static final String PROPERTY = "verbena.benchmarks.stub";

  private static final String DEVICE = "stub0";
  private static final List<String> SOURCES = List.of("stub.c", "baseline.c");
  private static final List<String> HEADERS = List.of("verbs_abi.h");
  private static final List<String> COMPILERS = List.of("cc", "gcc", "clang");

  private StubLibrary() {}

  /**
   * Compiles the library with the system's compiler.
   *
   * @param folder where to put it
   * @return the library
   * @throws PrerequisiteException if there is no working compiler
   */
  static Path compile(Path folder) throws IOException {
    for (String file : HEADERS) {
      extract(file, folder);
    }
    List<String> options = new ArrayList<>(List.of("-O2", "-shared", "-fPIC"));
    // The dynamic linker takes a library that is loaded already for any of the same soname.
    options.addAll(List.of("-Wl,-soname,libibverbs.so.1", "-Wl,-Bsymbolic"));
    options.addAll(List.of("-o", "libibverbs.so.1"));
    for (String file : SOURCES) {
      extract(file, folder);
      options.add(file);
    }
    for (String compiler : COMPILERS) {
      List<String> command = new ArrayList<>(List.of(compiler));
      command.addAll(options);
      Process process;
      try {
        process =
            new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
      } catch (IOException e) {
        continue; // not on this machine
      }
      finish(process, compiler);
      return folder.resolve("libibverbs.so.1");
    }
    throw new PrerequisiteException(
        "measuring verbs against C needs a C compiler: install one, on Debian with"
            + " apt-get install gcc libc6-dev");
  }

  /** Removes a folder that {@link #compile} has filled. */
  static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static void extract(String file, Path folder) throws IOException {
    try (InputStream source = StubLibrary.class.getResourceAsStream("c/" + file)) {
      if (source == null) {
        throw new IOException("c/" + file + " is missing from the build");
      }
      Files.copy(source, folder.resolve(file));
    }
  }

  private static void finish(Process process, String compiler) throws IOException {
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        String first =
            output
                .lines()
                .filter(line -> line.contains("error"))
                .findFirst()
                .orElse("no reason given");
        throw new PrerequisiteException(
            "the C compiler "
                + compiler
                + " does not work here ("
                + first
                + "); on Debian, apt-get install gcc libc6-dev");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while compiling the stub library", e);
    }
  }

  /**
   * The library's path in a measuring JVM, where it is loaded before anything asks for the real
   * one.
   */
  static Path load() {
    String path = System.getProperty(PROPERTY);
    if (path == null) {
      throw new IllegalStateException(
          "run the benchmarks with ./verbena perf verbs: -D" + PROPERTY + "= is not set");
    }
    System.load(path);
    return Path.of(path);
  }

  /** Opens the stub's device through the public API. */
  static Context open() throws VerbsException {
    load();
    return Device.named(DEVICE).open();
  }
}
