package io.verbena.ffi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The headers of a Debian suite, unpacked and not installed. They are kept in the user's cache
 * folder: only the first use needs the network.
 */
record DebianHeaders(Path folder) {
  private static final List<String> PACKAGES =
      List.of("libibverbs-dev", "librdmacm-dev", "libpmix-dev");

  /** This machine has no C compiler, no apt or no network. */
  static final class UnavailableException extends Exception {
    private static final long serialVersionUID = 1;

    UnavailableException(String reason) {
      super(reason);
    }
  }

  static DebianHeaders of(String suite)
      throws UnavailableException, IOException, InterruptedException {
    Path folder = cacheFolder().resolve("verbena/headers").resolve(suite);
    Path script = Path.of("src/test/sh/fetch-headers.sh").toAbsolutePath();
    List<String> command =
        new ArrayList<>(List.of("bash", script.toString(), suite, folder.toString()));
    command.addAll(PACKAGES);
    ChildProcess.Result result = ChildProcess.run(command);
    if (result.status() != 0) {
      List<String> said = result.errors().lines().toList();
      throw new UnavailableException(
          "no headers of " + suite + ": " + (said.isEmpty() ? result : said.getLast()));
    }
    return new DebianHeaders(folder);
  }

  /** Checks that programs can be compiled on this machine. */
  static void requireCompiler() throws UnavailableException, IOException, InterruptedException {
    Path source = Files.createTempFile("verbena", ".c");
    try {
      Files.writeString(source, "#include <stdio.h>\n#include <linux/types.h>\n");
      List<String> command = List.of("cc", "-fsyntax-only", source.toString());
      ChildProcess.Result result = ChildProcess.run(command);
      if (result.status() != 0) {
        throw new UnavailableException(
            "the C compiler finds no system headers: install libc6-dev and linux-libc-dev");
      }
    } catch (IOException e) {
      throw new UnavailableException("no C compiler: install gcc and libc6-dev");
    } finally {
      Files.delete(source);
    }
  }

  /** Where the compiler must look, for libraries that Debian keeps in folders of their own too. */
  List<Path> includeFolders() throws IOException {
    List<Path> folders = new ArrayList<>(List.of(folder.resolve("usr/include")));
    try (Stream<Path> files = Files.walk(folder.resolve("usr"))) {
      files
          .filter(file -> file.endsWith("pmix.h") || file.endsWith("pmix_common.h"))
          .map(Path::getParent)
          .distinct()
          .forEach(folders::add);
    }
    return folders;
  }

  /** The version of an unpacked package. */
  String version(String packageName) throws IOException {
    return Files.readAllLines(folder.resolve("versions")).stream()
        .filter(line -> line.startsWith(packageName + " "))
        .map(line -> line.substring(packageName.length() + 1))
        .findFirst()
        .orElseThrow();
  }

  private static Path cacheFolder() {
    String configured = System.getenv("XDG_CACHE_HOME");
    return configured != null && !configured.isEmpty()
        ? Path.of(configured)
        : Path.of(System.getProperty("user.home"), ".cache");
  }
}
