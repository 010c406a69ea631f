package io.verbena.ffi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A C program that evaluates {@link AbiCheck}s and prints those that are not as expected. */
final class AbiProgram {
  private static final Pattern ERROR =
      Pattern.compile("(?m)^(.+?):\\d+:\\d+: (?:fatal )?error: (.*)$");

  private final List<String> headers;
  private final List<Path> includeFolders;
  private final List<AbiCheck> checks;

  AbiProgram(List<String> headers, List<Path> includeFolders, List<AbiCheck> checks) {
    this.headers = headers;
    this.includeFolders = includeFolders;
    this.checks = checks;
  }

  /**
   * Compiles and runs it.
   *
   * @param file the program to write, without suffix
   * @return the label of each check that failed, with what is wrong about it
   */
  Map<String, String> mismatches(Path file) throws IOException, InterruptedException {
    Map<String, String> mismatches = new TreeMap<>(undefined(file));
    List<AbiCheck> defined =
        checks.stream().filter(check -> !mismatches.containsKey(check.what())).toList();
    Files.writeString(source(file), text(defined));
    List<String> command = compiler();
    command.addAll(List.of("-o", file.toString(), source(file).toString()));
    ChildProcess.Result compiled = ChildProcess.run(command);
    if (compiled.status() != 0) {
      throw new AssertionError("the C compiler failed:\n" + compiled.errors());
    }
    ChildProcess.Result ran = ChildProcess.run(List.of(file.toString()));
    List<String> lines = new ArrayList<>(ran.output().lines().toList());
    if (ran.status() != 0 || !lines.removeLast().equals(defined.size() + " checks")) {
      throw new AssertionError("the C program did not make all its checks:\n" + ran);
    }
    for (String line : lines) {
      String[] part = line.split("\t", 2);
      mismatches.put(part[0], part[1]);
    }
    return mismatches;
  }

  /** What the headers do not know at all: those checks do not compile. */
  private Map<String, String> undefined(Path file) throws IOException, InterruptedException {
    Files.createDirectories(file.getParent());
    Files.writeString(source(file), text(checks));
    List<String> command = compiler();
    command.addAll(List.of("-fsyntax-only", source(file).toString()));
    ChildProcess.Result result = ChildProcess.run(command);
    var labels = checks.stream().map(AbiCheck::what).collect(Collectors.toSet());
    Map<String, String> undefined = new TreeMap<>();
    for (Matcher error = ERROR.matcher(result.errors()); error.find(); ) {
      if (!labels.contains(error.group(1))) {
        throw new AssertionError("the headers do not compile:\n" + result.errors());
      }
      undefined.putIfAbsent(error.group(1), error.group(2));
    }
    return undefined;
  }

  private List<String> compiler() {
    List<String> command = new ArrayList<>(List.of("cc", "-std=gnu11", "-w", "-fmax-errors=0"));
    for (Path folder : includeFolders) {
      command.add("-I" + folder);
    }
    return command;
  }

  private static Path source(Path file) {
    return file.resolveSibling(file.getFileName() + ".c");
  }

  /** Each check has a "file name" of its own, its label, so that errors name it. */
  private String text(List<AbiCheck> made) {
    var text = new StringBuilder();
    headers.forEach(header -> text.append("#include <").append(header).append(">\n"));
    text.append(
        """
        #include <stddef.h>
        #include <stdio.h>
        #include <string.h>

        static void check(const char *what, long long expected, long long actual) {
          if (expected != actual)
            printf("%s\\texpected %lld, is %lld\\n", what, expected, actual);
        }

        int main(void) {
        """);
    for (AbiCheck check : made) {
      text.append("#line 1 \"").append(check.what()).append("\"\n");
      text.append(
          "  check(\"%s\", %dLL, %s);\n"
              .formatted(check.what(), check.expected(), check.expression()));
    }
    text.append("  puts(\"").append(made.size()).append(" checks\");\n}\n");
    return text.toString();
  }
}
