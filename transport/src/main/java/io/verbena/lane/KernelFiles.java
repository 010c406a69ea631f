package io.verbena.lane;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** What the kernel tells in files: those of this machine, or of a copy. */
public interface KernelFiles {
  /**
   * What a file says.
   *
   * @param path from the root
   */
  String text(String path) throws IOException;

  /**
   * The names in a folder; none if there is no such folder.
   *
   * @param folder from the root
   */
  List<String> list(String folder) throws IOException;

  /** Those below a folder. */
  static KernelFiles under(Path root) {
    return new KernelFiles() {
      @Override
      public String text(String path) throws IOException {
        Path file = Path.of(root + path);
        if (!Files.isRegularFile(file)) {
          // Reading anything else may wait for ever.
          throw new IOException(file + " is no regular file");
        }
        return Files.readString(file);
      }

      @Override
      public List<String> list(String folder) {
        String[] names = new File(root + folder).list();
        return List.of(Objects.requireNonNullElse(names, new String[0]));
      }
    };
  }

  /** Those of this machine. */
  static KernelFiles ofMachine() {
    return under(Path.of(""));
  }
}
