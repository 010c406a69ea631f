package io.verbena.doctor;

import io.verbena.lane.rdma.RdmaSurvey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A folder that looks like a machine, made of a {@code *.tree}: see README.md beside these. */
record MachineTree(Path root) {
  static MachineTree of(Path root, String name) throws IOException {
    var tree = new MachineTree(Files.createDirectories(root));
    tree.include(name);
    return tree;
  }

  private void include(String name) throws IOException {
    try (InputStream in = MachineTree.class.getResourceAsStream("/doctor/" + name + ".tree")) {
      if (in == null) {
        throw new IOException("there is no tree " + name);
      }
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        apply(line);
      }
    }
  }

  /** Applies a line of a tree. */
  MachineTree apply(String line) throws IOException {
    if (line.isBlank() || line.startsWith("#")) {
      return this;
    }
    if (line.startsWith("@include ")) {
      include(line.substring("@include ".length()));
      return this;
    }
    String[] words = line.split(" ", 3);
    Path path = path(words[0]);
    switch (words[1]) {
      case "=" -> append(path, words[2]);
      case "->" -> Files.createSymbolicLink(parentOf(path), Path.of(words[2]));
      case "!" -> remove(path);
      default -> throw new IOException("not a line of a tree: " + line);
    }
    return this;
  }

  Path path(String name) {
    return root.resolve(name.substring(1));
  }

  private static void append(Path path, String text) throws IOException {
    Files.writeString(
        parentOf(path), text + '\n', StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private static Path parentOf(Path path) throws IOException {
    Files.createDirectories(path.getParent());
    return path;
  }

  static void remove(Path path) throws IOException {
    try (Stream<Path> all = Files.walk(path)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  Diagnosis diagnosis() {
    return Doctor.examine(DoctorOptions.defaults().withRoot(root));
  }

  Finding finding(String check) {
    return finding(diagnosis(), check);
  }

  /** What the doctor says when this machine's files are those of the tree, and it answers so. */
  Finding asked(Answers answers, String check) {
    DoctorOptions options = DoctorOptions.defaults().withRoot(root);
    return finding(Doctor.examine(Host.read(options, answers)), check);
  }

  /** Of a machine whose libraries show rxe0, but no port of it. */
  static Answers answers(String system, String architecture) {
    return new Answers(
        system,
        architecture,
        "",
        "",
        List.of("rxe0"),
        new RdmaSurvey(List.of(), List.of()),
        null,
        Map.of());
  }

  static Finding finding(Diagnosis diagnosis, String check) {
    return diagnosis.findings().stream()
        .filter(each -> each.check().equals(check))
        .findFirst()
        .orElseThrow();
  }
}
