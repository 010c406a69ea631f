package io.verbena.ffi;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.GroupLayout;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The compiled classes of one generated package: finds them, initialises none. */
record GeneratedPackage(String name, String headerClass) {
  static final GeneratedPackage VERBS = new GeneratedPackage("io.verbena.ffi.verbs", "Verbs");
  static final GeneratedPackage RDMACM = new GeneratedPackage("io.verbena.ffi.rdmacm", "RdmaCm");
  static final GeneratedPackage LIBC = new GeneratedPackage("io.verbena.ffi.libc", "LibC");
  static final GeneratedPackage PMIX = new GeneratedPackage("io.verbena.ffi.pmix", "PMIx");
  static final List<GeneratedPackage> ALL = List.of(VERBS, RDMACM, LIBC, PMIX);

  /** The class with the functions and constants. */
  Class<?> header() {
    return load(name + "." + headerClass);
  }

  /** The classes that describe a struct or a union of their own, not one inside another. */
  List<Class<?>> structs() {
    return classFiles()
        .filter(file -> !file.getFileName().toString().contains("$"))
        .<Class<?>>map(file -> load(name + "." + withoutSuffix(file)))
        .filter(GeneratedPackage::describesLayout)
        .toList();
  }

  /** All class files, nested classes included. */
  Stream<Path> classFiles() {
    return list(classFolder().resolve(name.replace('.', '/')));
  }

  /** Whether a class declares {@code layout()} itself; a typedef inherits that of its struct. */
  static boolean describesLayout(Class<?> type) {
    return Arrays.stream(type.getDeclaredMethods())
        .anyMatch(
            method ->
                method.getName().equals("layout") && method.getReturnType() == GroupLayout.class);
  }

  /** Where this module is compiled to. */
  static Path classFolder() {
    try {
      return Path.of(Native.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  static Stream<Path> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".class")).sorted().toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String withoutSuffix(Path classFile) {
    String file = classFile.getFileName().toString();
    return file.substring(0, file.length() - ".class".length());
  }

  private static Class<?> load(String className) {
    try {
      return Class.forName(className, false, GeneratedPackage.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new LinkageError(e.toString(), e);
    }
  }
}
