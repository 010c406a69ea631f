package io.verbena.ffi;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Prints why libibverbs is not available, then loads every class of this module, initialising those
 * that were written by hand. For a JVM of its own.
 */
final class NativeReport {
  private NativeReport() {}

  public static void main(String[] arguments) throws Exception {
    System.out.println(Native.LIBIBVERBS.unavailabilityCause());
    for (Native library : Native.values()) {
      if (library.isAvailable() != (library.unavailabilityCause() == null)) {
        throw new AssertionError(library);
      }
    }
    Path root = GeneratedPackage.classFolder();
    try (Stream<Path> files = Files.walk(root.resolve("io"))) {
      for (Path file : files.filter(file -> file.toString().endsWith(".class")).toList()) {
        load(root.relativize(file));
      }
    }
  }

  private static void load(Path classFile) throws ClassNotFoundException {
    String name = classFile.toString().replace('/', '.').replaceFirst("\\.class$", "");
    boolean written = classFile.getNameCount() == 4 && !name.contains("$");
    Class<?> type = Class.forName(name, written, NativeReport.class.getClassLoader());
    int methods = type.getDeclaredMethods().length; // resolves the types in their signatures
    System.out.println((written ? "initialised " : "loaded ") + name + ", methods: " + methods);
  }
}
